/** Blocks of a large file: where they begin, and how one of them is coded, with tables of its own, by the model of all. */
import { joinBytes } from '../join';
import { relay } from '../relay';
import type { ProgramEvent } from './contract';
import { partsOf, type Part } from './costs/curve';
import { fieldCosts, type FieldCost } from './costs/fieldCosts';
import { runModel } from './encode';
import type { ModelSpec } from './model/engine';
import { residualView } from './restate/sound';
import { originalsUnder } from './semantics/originals';
import { analyseSyntax, type Syntax } from './syntax';
import { countBytes } from './syntax/alphabet';
import type { Images } from './syntax/media';

/** A file that is read block by block. */
export interface Source {
  length: number;
  /** Reads at most `length` bytes at `offset`; fewer only at the end of the file. */
  read(offset: number, length: number): Promise<Uint8Array>;
}

/** Bytes for whoever reads them as a file. */
export const inMemory = (bytes: Uint8Array): Source => ({
  length: bytes.length,
  read: (offset, length) => Promise.resolve(bytes.slice(offset, offset + length)),
});

/** One block, for whoever codes it. */
export interface BlockTask {
  model: ModelSpec;
  /** Of what is predicted, which are the residuals of sound or the bytes themselves. */
  syntax: Syntax;
  /** Bytes of the file, the end excluded. */
  from: number;
  to: number;
  /** How the file begins, which is coded with every block but the first, so that all look alike. */
  head: Uint8Array;
  /** Bytes of the longest block. */
  room: number;
  /** Points of the curve. */
  parts: number;
}

export interface CodedBlock {
  payload: Uint8Array;
  /** Bytes that the decoder writes for it, the head included. */
  size: number;
  /** Source of a function that gives these bytes, where others were predicted in their place. */
  restore?: string;
  parts: Part[];
  fields: FieldCost[];
  networkBits: number;
}

/** Codes blocks in any order, at once where it can. Whoever ends it early stops all of them. */
export type BlockCoder = (
  tasks: BlockTask[],
) => AsyncGenerator<ProgramEvent | { type: 'coded'; index: number; block: CodedBlock }, void>;

/** What share of the whole it takes to look into the file, about. */
export const lookingShare = 1 / 128;

/** Where the blocks begin, what the first one is, and how often each byte occurs in all of them, since one tree of decisions serves them all. */
export async function* lookInto(
  file: Source,
  blockBytes: number,
): AsyncGenerator<
  ProgramEvent,
  { syntax: Syntax; cuts: number[]; first: Uint8Array; counts: Float64Array }
> {
  const { length } = file;
  const note = 'Looking for blocks';
  const looking = (read: number): ProgramEvent => ({
    type: 'progress',
    done: (lookingShare * read) / 2,
    total: length,
    note,
  });
  yield looking(0);
  const syntax = analyseSyntax(await file.read(0, blockBytes), length);
  const cuts = yield* relay(splitBlocks(file, syntax, blockBytes), looking);
  const counts = new Float64Array(256);
  for (let at = 0; at < length; at += blockBytes) {
    yield looking(length + at);
    countBytes(await file.read(at, blockBytes), counts);
  }
  return { syntax, cuts, first: await file.read(0, cuts[1]), counts };
}

/** The first byte of each block, and the end of the file; yields up to where it has looked for them. */
export async function* splitBlocks(
  file: Source,
  syntax: Syntax,
  blockBytes: number,
): AsyncGenerator<number, number[]> {
  const count = Math.ceil(file.length / blockBytes);
  const grid = unitOf(syntax);
  if (grid) {
    const { header, unit } = grid;
    // All but the last have as many, so that the decoder knows one size.
    const stride = Math.ceil((file.length - header) / unit / count) * unit;
    const cuts = [0];
    for (let at = header + stride; at < file.length; at += stride) cuts.push(at);
    return [...cuts, file.length];
  }
  const cuts = [0];
  let quotes = 0;
  for (let k = 1, read = 0; k < count; k++) {
    const at = Math.floor((k * file.length) / count);
    if (syntax.type === 'table') quotes += await countQuotes(file, read, at);
    read = at;
    yield at;
    const end = endOf(await file.read(at, longestLine), syntax, quotes % 2 === 1);
    const cut = at + end;
    if (cut > cuts[cuts.length - 1] && cut < file.length) cuts.push(cut);
  }
  return [...cuts, file.length];
}

const longestLine = 1 << 16;
const byteOf = { lineFeed: 10, quote: 34, comma: 44, brace: 125 };

/** How many of the bytes belong to the line that they begin in; where there are no lines, to the object of JSON. */
function endOf(bytes: Uint8Array, { type }: Syntax, isQuoted: boolean): number {
  if (type === 'bytes') return 0;
  // A table's field may hold line feeds between quotes; a block that begins there would take all fields for text.
  for (let i = 0; type === 'table' && i < bytes.length; i++) {
    if (bytes[i] === byteOf.quote) isQuoted = !isQuoted;
    if (bytes[i] === byteOf.lineFeed && !isQuoted) return i + 1;
  }
  const line = bytes.indexOf(byteOf.lineFeed) + 1;
  if (line || type !== 'json') return line;
  const isEnd = (byte: number, i: number): boolean =>
    byte === byteOf.comma && bytes[i - 1] === byteOf.brace;
  return bytes.findIndex(isEnd) + 1;
}

async function countQuotes(file: Source, from: number, to: number): Promise<number> {
  let count = 0;
  for (let at = from; at < to; at += 1 << 22) {
    for (const byte of await file.read(at, Math.min(to - at, 1 << 22)))
      if (byte === byteOf.quote) count++;
  }
  return count;
}

/** Of files of one record after the other what comes before them, and how long each is. */
export function unitOf(syntax: Syntax): { header: number; unit: number } | undefined {
  switch (syntax.type) {
    case 'image':
      return { header: syntax.header, unit: syntax.width * syntax.height };
    case 'raster':
      return { header: syntax.header, unit: syntax.row };
    case 'records':
      return { header: syntax.header, unit: syntax.stride };
    default:
      return undefined;
  }
}

/** How many images are in the first `length` bytes of a file. */
export const countIn = ({ width, height, header }: Images, length: number): number =>
  (length - header) / (width * height);

/** Codes the bytes of a task; yields how many of them are done. */
export async function* codeBlock(
  task: BlockTask,
  own: Uint8Array,
): AsyncGenerator<number, CodedBlock> {
  const { syntax, head, room, parts } = task;
  const whole = head.length ? joinBytes([head, own]) : own;
  const { text: bytes, restore } = (syntax.type === 'residuals' &&
    residualView(whole, syntax.every)) || {
    text: whole,
  };
  const isFirst = task.from === 0;
  const model = isFirst ? task.model : yield* withOriginals(task.model, bytes, syntax);
  // The first block has told the weights of a network.
  const skip = isFirst ? 0 : (model.network?.weights.length ?? 0);
  const coding = runModel(model, bytes, { room, skip });
  const coded = yield* relay(coding, (event) =>
    event.type === 'progress' ? Math.min(own.length, event.done) : undefined,
  );
  const { payload, costs, networkBits = 0 } = coded;
  return {
    payload,
    size: bytes.length,
    ...(restore !== undefined && { restore }),
    parts: partsOf(costs, own.length, parts),
    fields: fieldCosts(bytes, costs, syntax),
    networkBits,
  };
}

/** The model with the originals of the block's own images; of all blocks the first has most of them. */
async function* withOriginals(
  model: ModelSpec,
  bytes: Uint8Array,
  syntax: Syntax,
): AsyncGenerator<number, ModelSpec> {
  const { resampling } = model;
  if (!resampling || syntax.type !== 'image') return model;
  const count = countIn(syntax, bytes.length);
  const originals = new Uint8Array(resampling.originals.length);
  originals.set(yield* relay(originalsUnder(resampling, bytes, { ...syntax, count }), () => 0));
  return { ...model, resampling: { ...resampling, originals } };
}
