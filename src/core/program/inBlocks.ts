/** The program of a large file: one model for all of its blocks, which threads code at once and the program decodes one after the other. */
import { KolmoError } from '../error';
import { countBytes } from './alphabet';
import { analyse } from './analyse';
import { measureInNode } from './baselines';
import {
  countIn,
  splitBlocks,
  unitOf,
  type BlockCoder,
  type BlockTask,
  type CodedBlock,
  type Source,
} from './blocks';
import { findCandidates } from './candidates';
import { curveOf, curvePoints } from './curve';
import type { FieldCost } from './fieldCosts';
import { blocksProgram, plainProgram, type Generated } from './generate';
import { soundOf } from './media';
import type { ModelSpec } from './model/engine';
import {
  measuredBrotli,
  networkFinding,
  plainFindings,
  programDefaults,
  programOf,
  type Finding,
  type Program,
  type ProgramEvent,
  type ProgramOptions,
} from './program';
import { usualBlock } from './sizes';
import { residualView } from './sound';
import { analyseSyntax, describeSyntax, type Syntax } from './syntax';
import { waitFor } from './waitFor';

export interface BlockOptions extends ProgramOptions {
  /** Most bytes of a block, but for the rest of its last line. */
  blockBytes: number;
}

/** No engine reads a module that is a longer string. */
const mostProgram = 2 ** 29 - 24;

/** As `writeProgram`, of a file of any size, of which no more than a block is held at a time. */
export async function* writeInBlocks(
  file: Source,
  code: BlockCoder,
  options: Partial<BlockOptions> = {},
): AsyncGenerator<ProgramEvent, Program> {
  const { ascii, blockBytes, ...search } = {
    ...programDefaults,
    blockBytes: usualBlock,
    ...options,
  };
  yield { type: 'progress', done: 0, total: file.length, note: 'Looking for blocks' };
  const syntax = analyseSyntax(await file.read(0, blockBytes), file.length);
  const cuts = await splitBlocks(file, syntax, blockBytes);
  const first = await file.read(0, cuts[1]);
  const counts = await countAll(file, blockBytes);
  const candidates = yield* candidatesOf(first, syntax, counts, search);

  const stopping = new AbortController();
  const measuring = measureInNode(file, stopping.signal);
  // It is awaited below, unless something else has failed by then.
  measuring.catch(() => {});
  try {
    // A copy, because threads are sent the whole of what a part belongs to.
    const head = first.slice(0, unitOf(syntax)?.header ?? 0);
    const room = Math.max(...cuts.slice(1).map((to, k) => to - cuts[k]));
    const tasksOf = ({ model, syntax }: Candidate): BlockTask[] =>
      cuts.slice(1).map((to, k) => ({
        model,
        syntax,
        from: cuts[k],
        to,
        head: k ? head : new Uint8Array(0),
        room,
        parts: Math.max(1, Math.floor(curvePoints / (cuts.length - 1))),
      }));
    const { shortest, blocks, learnt } = yield* codeShortest(candidates, tasksOf, code, ascii);
    const { model, found } = shortest;
    const written = await blocksProgram(model, blocks, { ascii, head: head.length, room });
    const done = { done: file.length, total: file.length, note: 'Measuring gzip and brotli' };
    const measured = yield* waitFor(measuring, () => ({ type: 'progress', ...done }) as const);
    const { best, isPlain } = yield* shorterOf(written, measured, file, ascii);
    const points = blocks.flatMap(({ parts }) => parts);
    if (!isPlain) yield* curveOf(points);

    const total = best.program.length;
    const scale = file.length / first.length;
    const scaled = ({ sentence, savedBytes }: Finding): Finding => ({
      sentence,
      savedBytes: Math.round(savedBytes * scale),
    });
    const findings: Finding[] = isPlain
      ? plainFindings(best, first, file.length)
      : [
          {
            sentence: describeSyntax(ofWhole(shortest, first, file.length)),
            savedBytes: Math.min(file.length, measured.gzip, measured.brotli ?? Infinity) - total,
          },
          ...found.map(scaled),
          ...learnt,
          { sentence: blocksSentence(blocks.length, first.length), savedBytes: 0 },
        ];
    for (const finding of findings) yield { type: 'finding', ...finding };
    const { sha256, ...baselines } = measured;
    return programOf(best, {
      size: file.length,
      modelBytes: isPlain ? 0 : Math.round(blocks[0].networkBits / 8),
      baselines,
      findings,
      fields: isPlain ? [] : mergedFields(blocks, syntax),
      sha256,
    });
  } finally {
    stopping.abort();
  }
}

const blocksSentence = (count: number, size: number): string =>
  `It is coded in ${count} blocks of ${(size / 1e6).toPrecision(3)} MB at most, each of which learns anew.`;

/** One of the models that may be the shortest. */
interface Candidate {
  model: ModelSpec;
  /** Of what it predicts in the first block. */
  syntax: Syntax;
  found: Finding[];
}

/** The models for the first block, and where it is sound for what a predictor of its samples leaves. */
async function* candidatesOf(
  first: Uint8Array,
  syntax: Syntax,
  counts: Float64Array,
  search: Pick<ProgramOptions, 'effort' | 'seed'>,
): AsyncGenerator<ProgramEvent, Candidate[]> {
  const residuals = residualView(first);
  const views = [
    { text: first, syntax: syntaxOf(first, syntax) },
    ...(residuals?.syntax ? [{ ...residuals, syntax: residuals.syntax }] : []),
  ];
  const candidates: Candidate[] = [];
  for (const { text, syntax } of views) {
    const { models, found } = yield* findCandidates(text, analyse(text, syntax, counts), search);
    for (const model of models) candidates.push({ model, syntax, found });
  }
  return candidates;
}

/** How often each byte occurs in all blocks, since one tree of decisions serves them all. */
async function countAll(file: Source, blockBytes: number): Promise<Float64Array> {
  const counts = new Float64Array(256);
  for (let at = 0; at < file.length; at += blockBytes)
    countBytes(await file.read(at, blockBytes), counts);
  return counts;
}

/** Where several models may be the shortest, the first block decides. */
async function* codeShortest(
  candidates: Candidate[],
  tasksOf: (candidate: Candidate) => BlockTask[],
  code: BlockCoder,
  ascii: boolean,
): AsyncGenerator<ProgramEvent, { shortest: Candidate; blocks: CodedBlock[]; learnt: Finding[] }> {
  if (candidates.length === 1) {
    const [shortest] = candidates;
    return { shortest, blocks: yield* codeAll(tasksOf(shortest), code), learnt: [] };
  }
  const firsts = candidates.map((candidate) => tasksOf(candidate)[0]);
  const tried = yield* codeAll(firsts, code);
  const count = tasksOf(candidates[0]).length;
  const sizes: number[] = [];
  const learnt: Finding[] = [];
  for (const [k, { model, room }] of firsts.entries()) {
    const { payload, networkBits } = tried[k];
    const { program } = await blocksProgram(model, [tried[k]], { ascii, head: 0, room });
    const size = Math.round(program.length + (count - 1) * (payload.length - networkBits / 8));
    if (model.network)
      learnt.push(networkFinding(Math.round(networkBits / 8), Math.min(...sizes), size));
    sizes.push(size);
  }
  const best = sizes.indexOf(Math.min(...sizes));
  const rest = yield* codeAll(tasksOf(candidates[best]).slice(1), code);
  return { shortest: candidates[best], blocks: [tried[best], ...rest], learnt };
}

/** All blocks in their order; as soon as they do not fit a program, a KolmoError. */
async function* codeAll(
  tasks: BlockTask[],
  code: BlockCoder,
): AsyncGenerator<ProgramEvent, CodedBlock[]> {
  const blocks: CodedBlock[] = [];
  let length = 0;
  for await (const event of code(tasks)) {
    if (event.type !== 'coded') {
      yield event;
      continue;
    }
    blocks[event.index] = event.block;
    length += event.block.payload.length;
    if (length > mostProgram) throw tooLong();
  }
  return blocks;
}

const tooLong = (): KolmoError =>
  new KolmoError(
    `The program would be longer than ${mostProgram} bytes, more than Node and browsers read as one module: split the file, and write a program for each part.`,
  );

/** The program of the blocks, or what stores the data or uses a compressor of Node's, if that is shorter. */
async function* shorterOf(
  written: Generated,
  { gzip, brotli }: { gzip: number; brotli?: number },
  file: Source,
  ascii: boolean,
): AsyncGenerator<ProgramEvent, { best: Generated; isPlain: boolean }> {
  const length = written.program.length;
  if (length > Math.min(gzip, brotli ?? Infinity, file.length) && file.length < mostProgram) {
    const bytes = await file.read(0, file.length);
    const compressed = brotli === undefined ? undefined : yield* measuredBrotli(bytes);
    const plain = plainProgram(bytes, compressed, { ascii });
    if (plain.program.length <= length) return { best: plain, isPlain: true };
  }
  if (length > mostProgram) throw tooLong();
  return { best: written, isPlain: false };
}

/** The syntax of the first block, which holds fewer images than the file. */
function syntaxOf(first: Uint8Array, syntax: Syntax): Syntax {
  return syntax.type === 'image' ? { ...syntax, count: countIn(syntax, first.length) } : syntax;
}

/** What is predicted, in the whole file. */
function ofWhole({ syntax }: Candidate, first: Uint8Array, length: number): Syntax {
  if (syntax.type === 'residuals') return { ...syntax, ...soundOf(first, length) };
  return syntax.type === 'image' ? analyseSyntax(first, length) : syntax;
}

/** A key of JSON is the same in all blocks by its name, a column of a table by its place; the first block knows the names. */
function mergedFields(blocks: CodedBlock[], syntax: Syntax): FieldCost[] {
  const merged = blocks[0].fields.map((field) => ({ ...field }));
  for (const { fields } of blocks.slice(1)) {
    fields.forEach((field, k) => {
      const known =
        syntax.type === 'json' ? merged.find(({ name }) => name === field.name) : merged[k];
      if (!known) {
        merged.push({ ...field });
        return;
      }
      known.bytes += field.bytes;
      known.bits += field.bits;
    });
  }
  return merged;
}
