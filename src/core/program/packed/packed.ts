/** Files that hold others deflated: what they hold, and what packs it again to the same bytes. */
import { setImmediate } from 'node:timers/promises';
import type { ProgramEvent } from '../contract';
import { blockTypes, inflate, type Block, type Inflated } from './inflated';
import { repackSource } from './repack';
import { searchSource, searches, type Search } from './search';

export interface Packed {
  content: Uint8Array;
  /** Source of a function of the content that gives the file. */
  pack: string;
  /** What was found, in the report. */
  sentence: string;
}

/** Of what is unpacked, of the bytes around it, and of the numbers that tell of steps which no search takes. */
const most = { content: 1 << 24, around: 1 << 12, others: 256 };

/** What a gzip file (RFC 1952) of one member holds, of at most 16 MiB; nothing where zlib and gzip would not have packed it so. */
export async function* unpack(file: Uint8Array): AsyncGenerator<ProgramEvent, Packed | undefined> {
  const start = gzipStart(file);
  const inflated = start && inflate(file.subarray(start), most.content);
  if (!start || !inflated) return undefined;
  const end = start + inflated.length;
  const around = Buffer.concat([file.subarray(0, start), file.subarray(end)]);
  if (around.length > most.around) return undefined;
  const found = yield* searchOf(inflated);
  if (!found) return undefined;
  const cuts = [0, start, end, file.length - end];
  const parts = { size: file.length, around, cuts, blocks: inflated.blocks };
  // The steps that were read are those that will be found, so nothing needs to be searched again.
  const known = run<(b: Uint8Array, steps: Uint32Array) => Uint8Array>(
    packSource(parts, 'let at = 0; const step = () => steps[at++];', 'b, steps'),
  );
  if (Buffer.compare(known(inflated.content, inflated.steps), file) !== 0) return undefined;
  return {
    content: inflated.content,
    pack: packSource(parts, stepSource(found)),
    sentence: `It is packed as gzip: what is in it is predicted, and packed again by the search for repeats of ${found.search.name}.`,
  };
}

interface Parts {
  size: number;
  /** The bytes of the file that are not the stream's. */
  around: Uint8Array;
  /** Where these stand in the file, and how many at each place. */
  cuts: number[];
  blocks: Block[];
}

/** Source of a function of the content that gives the file; `steps` declares `step`. */
function packSource({ size, around, cuts, blocks }: Parts, steps: string, given = 'b'): string {
  const list = blocks.map(({ type, steps }) => [steps, blockTypes.indexOf(type)]);
  return `(${given}) => {
  const out = new Uint8Array(${size}), around = atob('${Buffer.from(around).toString('base64')}'), cuts = ${JSON.stringify(cuts)}, blocks = ${JSON.stringify(list)};
  let end = 0, from = 0;
  const write = byte => {
    if (end === cuts[0]) {
      cuts.shift();
      for (let count = cuts.shift(); count--;) out[end++] = around.charCodeAt(from++);
    }
    out[end++] = byte;
  };
  ${steps}
  ${repackSource(new Set(blocks.map(({ type }) => type)))}
  write();
  return out;
}`;
}

/** A search, and the steps that it does not take, each behind the number of those since the last one. */
interface Found {
  search: Search;
  others: number[];
}

/** The search that takes all steps, or else the one that misses the fewest; nothing where all miss many. */
async function* searchOf(inflated: Inflated): AsyncGenerator<ProgramEvent, Found | undefined> {
  let best: Found | undefined;
  for (const search of searches) {
    const limit = best?.others.length ?? most.others;
    const others = yield* otherSteps(inflated, search, limit);
    if (others) best = { search, others };
    if (others?.length === 0) break;
  }
  return best;
}

function stepSource({ search, others }: Found): string {
  const next = `const next = (${searchSource(search)})(b);`;
  if (others.length === 0) return `${next} const step = next;`;
  return `${next}
  const others = ${JSON.stringify(others)};
  let isOther, gap = others.shift();
  const step = place => {
    let now = next(place, isOther);
    if (isOther = gap-- === 0) { now = others.shift(); gap = others.shift(); }
    return now;
  };`;
}

/** Steps between two looks at whether to go on. */
const stride = 1 << 15;

/** The steps that a search does not take; nothing where they are as many numbers as `limit`. */
async function* otherSteps(
  { content, steps }: Inflated,
  search: Search,
  limit: number,
): AsyncGenerator<ProgramEvent, number[] | undefined> {
  type Next = (place: number, isOther: boolean) => number;
  const next = run<(content: Uint8Array) => Next>(searchSource(search))(content);
  const others: number[] = [];
  let [place, gap, isOther] = [0, 0, false];
  for (const [k, step] of steps.entries()) {
    if (k % stride === 0) {
      yield { type: 'progress', done: 0, total: content.length, note: 'Unpacking' };
      await setImmediate();
    }
    isOther = next(place, isOther) !== step;
    if (isOther) {
      others.push(gap, step);
      if (others.length >= limit) return undefined;
      gap = 0;
    } else gap++;
    place += step ? step >>> 16 : 1;
  }
  return others;
}

/** What a program would run. */
const run = <Run>(source: string): Run => new Function(`return ${source}`)() as Run;

/** Where the stream of a gzip member begins: behind its extra field, its name, its comment and a check of these (2.3). */
function gzipStart(file: Uint8Array): number | undefined {
  if (file[0] !== 0x1f || file[1] !== 0x8b || file[2] !== 8) return undefined;
  const flags = file[3];
  let at = 10;
  if (flags & 4) at += 2 + file[at] + 256 * file[at + 1];
  for (const flag of [8, 16]) if (flags & flag) at = file.indexOf(0, at) + 1;
  if (flags & 2) at += 2;
  return at < file.length ? at : undefined;
}
