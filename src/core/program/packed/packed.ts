/** Files that hold others deflated: what they hold, and what packs it again to the same bytes. */
import { setImmediate } from 'node:timers/promises';
import { joinBytes } from '../../join';
import type { ProgramEvent } from '../contract';
import type { Syntax } from '../syntax';
import { gzipStream } from './gzip';
import { blockTypes, inflate, type Block, type Inflated } from './inflated';
import { pngStream } from './png';
import { repackSource } from './repack';
import { searchSource, searchesOf, type Search } from './search';
import type { Stream } from './stream';

export interface Packed {
  /** What is in it, as it is best predicted. */
  content: Uint8Array;
  /** What the content is, where it does not tell itself. */
  syntax?: Syntax;
  /** Source of a function of the content that gives the file. */
  pack: string;
  /** What was found, in the report. */
  sentence: string;
}

/** Kinds of files with a stream in them: one of another kind is undefined. */
const kinds: ((file: Uint8Array) => Stream | undefined)[] = [gzipStream, pngStream];

/** Of what is unpacked, of the bytes around it, and of the numbers that tell of steps which no search takes. */
const most = { content: 1 << 26, around: 1 << 13, others: 256 };

/** What is deflated in a file, of at most 64 MiB; nothing where zlib and gzip would not have packed it so. */
export async function* unpack(file: Uint8Array): AsyncGenerator<ProgramEvent, Packed | undefined> {
  for (const kind of kinds) {
    const stream = kind(file);
    if (stream) return yield* unpackStream(file, stream);
  }
  return undefined;
}

async function* unpackStream(
  file: Uint8Array,
  stream: Stream,
): AsyncGenerator<ProgramEvent, Packed | undefined> {
  const packed = joinBytes(stream.ranges.map(([from, to]) => file.subarray(from, to)));
  const inflated = inflate(packed, most.content);
  const parts = inflated && partsOf(file, stream, inflated);
  if (!parts || parts.around.length > most.around) return undefined;
  const found = yield* searchOf(inflated, stream);
  if (!found) return undefined;
  const { content, steps } = inflated;
  // The steps that were read are those that will be found, so nothing needs to be searched again.
  const again = packSource(parts, 'let at = 0; const step = () => steps[at++];', 'b, steps');
  const known = run<(b: Uint8Array, steps: Uint32Array) => Uint8Array>(again);
  if (Buffer.compare(known(content, steps), file) !== 0) return undefined;
  const pack = packSource(parts, stepSource(found));
  const sentence = `It is packed as ${stream.name}: what is in it is predicted, and packed again by the search for repeats of ${found.search.name}.`;
  const view = stream.view?.(content);
  return view
    ? {
        content: view.content,
        syntax: view.syntax,
        pack: `b => (${pack})((${view.restore})(b))`,
        sentence,
      }
    : { content, pack, sentence };
}

/** What stands around the stream, which may end before its ranges do. */
function partsOf(file: Uint8Array, { ranges }: Stream, { length, blocks }: Inflated): Parts {
  const cuts: number[] = [];
  const around: Uint8Array[] = [];
  const keep = (from: number, to: number): void => {
    cuts.push(from, to - from);
    around.push(file.subarray(from, to));
  };
  let [at, left] = [0, length];
  for (const [from, to] of ranges) {
    if (left === 0) break;
    keep(at, from);
    at = Math.min(to, from + left);
    left -= at - from;
  }
  keep(at, file.length);
  return { size: file.length, around: joinBytes(around), cuts, blocks };
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
async function* searchOf(
  inflated: Inflated,
  stream: Stream,
): AsyncGenerator<ProgramEvent, Found | undefined> {
  let best: Found | undefined;
  for (const search of searchesOf(stream)) {
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
