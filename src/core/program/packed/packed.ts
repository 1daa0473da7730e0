/** Files that hold others deflated: what they hold, and what packs it again to the same bytes. */
import { setImmediate } from 'node:timers/promises';
import { joinBytes } from '../../join';
import type { ProgramEvent } from '../contract';
import { evaluated } from '../evaluated';
import type { Syntax } from '../syntax';
import { gzipStream } from './gzip';
import { blockTypes, inflate, type Inflated } from './inflated';
import { pngStream } from './png';
import { repackSource } from './repack';
import { searchSource, searchesOf, type Search } from './search';
import type { Range, Streams } from './stream';
import { zipStreams } from './zip';

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

/** Kinds of files with streams in them: one of another kind is undefined. */
const kinds: ((file: Uint8Array) => Promise<Streams | undefined> | Streams | undefined)[] = [
  gzipStream,
  pngStream,
  zipStreams,
];

/** Of what is unpacked, of the bytes around it that stand in the code, and of the numbers that tell of steps which no search takes. */
const most = { content: 1 << 26, around: 1 << 10, others: 256 };

/** What is deflated in a file, of at most 64 MiB; nothing where zlib and gzip would not have packed it so. */
export async function* unpack(file: Uint8Array): AsyncGenerator<ProgramEvent, Packed | undefined> {
  for (const kind of kinds) {
    const found = await kind(file);
    if (found) return yield* unpackStreams(file, found);
  }
  return undefined;
}

async function* unpackStreams(
  file: Uint8Array,
  kind: Streams,
): AsyncGenerator<ProgramEvent, Packed | undefined> {
  const placed = inflateAll(file, kind.streams);
  if (placed.length === 0) return undefined;
  const parts = partsOf(file, placed);
  const streams = placed.map(({ inflated }) => inflated);
  const found = yield* searchOf(streams, kind);
  if (!found) return undefined;
  const unpacked = joinBytes(streams.map((stream) => stream.content));
  const view = kind.view?.(unpacked);
  // More than a little is predicted, too, behind what is unpacked.
  const isTold = parts.around.length <= most.around;
  const behind = (content: Uint8Array): Uint8Array =>
    isTold ? content : joinBytes([content, parts.around]);
  // The steps that were read are those that will be found, so nothing needs to be searched again.
  const steps = streams.map((stream) => stream.steps);
  const again = evaluated<(content: Uint8Array, step: () => number) => Uint8Array>(
    packSource(parts, streams, { isTold }),
  );
  if (Buffer.compare(again(behind(unpacked), oneByOne(steps)), file) !== 0) return undefined;
  const pack = packSource(parts, streams, { isTold, ...found });
  const sentence = `It is packed as ${kind.name}: what is in it is predicted, and packed again by the search for repeats of ${found.search.name}.`;
  return view
    ? {
        content: behind(view.content),
        syntax: view.syntax,
        pack: `b => (${pack})((${view.restore})(b))`,
        sentence,
      }
    : { content: behind(unpacked), pack, sentence };
}

/** A stream in its file. */
interface Placed {
  ranges: Range[];
  inflated: Inflated;
}

/** Those of the streams that can be read, as far as there is room for what is in them. */
function inflateAll(file: Uint8Array, streams: Range[][]): Placed[] {
  let room = most.content;
  return streams.flatMap((ranges) => {
    const packed = joinBytes(ranges.map(([from, to]) => file.subarray(from, to)));
    const inflated = inflate(packed, room);
    if (!inflated) return [];
    room -= inflated.content.length;
    return [{ ranges, inflated }];
  });
}

/** The bytes of a file around what is packed in it. */
interface Parts {
  size: number;
  around: Uint8Array;
  /** Where these stand in the file, and how many at each place. */
  cuts: number[];
}

/** A stream may end before its ranges do. */
function partsOf(file: Uint8Array, streams: Placed[]): Parts {
  const cuts: number[] = [];
  const around: Uint8Array[] = [];
  const keep = (from: number, to: number): void => {
    cuts.push(from, to - from);
    around.push(file.subarray(from, to));
  };
  let at = 0;
  for (const { ranges, inflated } of streams) {
    let left = inflated.length;
    for (const [from, to] of ranges) {
      if (left === 0) break;
      keep(at, from);
      at = Math.min(to, from + left);
      left -= at - from;
    }
  }
  keep(at, file.length);
  return { size: file.length, around: joinBytes(around), cuts };
}

/** Source of a function of the content that gives the file; without a search it is given `step`, too. */
function packSource(
  { size, around, cuts }: Parts,
  streams: Inflated[],
  { isTold, search, others = [] }: { isTold: boolean } & Partial<Found>,
): string {
  const types = new Set(streams.flatMap(({ blocks }) => blocks.map(({ type }) => type)));
  const isExact = others.every((numbers) => numbers.length === 0);
  const lists = streams.map(({ content, blocks }, k) => ({
    length: content.length,
    blocks: JSON.stringify(blocks.map(({ type, steps }) => [steps, blockTypes.indexOf(type)])),
    others: isExact ? '' : `,${JSON.stringify(others[k])}`,
  }));
  const stream = `${search ? stepSource(search, isExact) : ''}
${repackSource(types)}`;
  const isOne = isTold && streams.length === 1;
  const [bytes, byte] = isTold
    ? [`atob('${Buffer.from(around).toString('base64')}')`, 'around.charCodeAt(from++)']
    : [`whole.subarray(${lists.reduce((sum, { length }) => sum + length, 0)})`, 'around[from++]'];
  const [first] = lists;
  const all = isOne
    ? `const [blocks, others] = [${first.blocks}${first.others}];
${stream}`
    : `let taken = 0;
[${lists.map(({ length, blocks, others }) => `[${length},${blocks}${others}]`).join()}].forEach(([length, blocks, others]) => {
  const b = whole.subarray(taken, taken += length);
  ${stream}
});`;
  return `(${isOne ? 'b' : 'whole'}, step) => {
  const out = new Uint8Array(${size}), around = ${bytes}, cuts = ${JSON.stringify(cuts)};
  let end = 0, from = 0;
  const write = byte => {
    if (end === cuts[0]) {
      cuts.shift();
      for (let count = cuts.shift(); count--;) out[end++] = ${byte};
    }
    out[end++] = byte;
  };
  ${all}
  write();
  return out;
}`;
}

/** Source that sets `step`; of a search that is not exact the steps that it does not take are in `others`. */
function stepSource(search: Search, isExact: boolean): string {
  if (isExact) return `step = (${searchSource(search)})(b);`;
  return `const next = (${searchSource(search)})(b);
  let isOther, gap = others.shift();
  step = place => {
    let now = next(place, isOther);
    if (isOther = gap-- === 0) { now = others.shift(); gap = others.shift(); }
    return now;
  };`;
}

/** The numbers of all lists, one for each call. */
function oneByOne(lists: Uint32Array[]): () => number {
  let [list, at] = [0, 0];
  return () => {
    while (at === lists[list].length) [list, at] = [list + 1, 0];
    return lists[list][at++];
  };
}

/** A search, and of each stream the steps that it does not take, each behind the number of those since the last one. */
interface Found {
  search: Search;
  others: number[][];
}

/** The search that takes all steps, or else the one that misses the fewest; nothing where all miss many. */
async function* searchOf(
  streams: Inflated[],
  kind: Streams,
): AsyncGenerator<ProgramEvent, Found | undefined> {
  let best: Found | undefined;
  let least = most.others;
  for (const search of searchesOf(kind)) {
    const others: number[][] = [];
    let left = least;
    for (const stream of streams) {
      const missed = yield* otherSteps(stream, search, left);
      if (!missed) break;
      others.push(missed);
      left -= missed.length;
    }
    if (others.length < streams.length) continue;
    best = { search, others };
    least -= left;
    if (least === 0) break;
  }
  return best;
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
  const next = evaluated<(content: Uint8Array) => Next>(searchSource(search))(content);
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
