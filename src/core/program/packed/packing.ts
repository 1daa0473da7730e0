/** Source that packs again what was in a file: the bytes around its streams, and each of these by its search and blocks. */
import { joinBytes } from '../../join';
import { blockTypes, type Inflated } from './inflated';
import { repackSource } from './repack';
import { byteAt, searchSource, type Search } from './search';
import type { Found } from './searching';
import type { Range } from './stream';

/** A stream in its file. */
export interface Placed {
  ranges: Range[];
  inflated: Inflated;
}

/** The bytes of a file around what is packed in it. */
export interface Parts {
  size: number;
  around: Uint8Array;
  /** Where these stand in the file, and how many at each place. */
  cuts: number[];
}

/** A stream may end before its ranges do. */
export function partsOf(file: Uint8Array, streams: Placed[]): Parts {
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

export interface Packing {
  /** Whether the bytes around the streams stand in the code, else behind the content. */
  isTold: boolean;
  /** Whether it takes the content piece by piece. */
  isPiecewise: boolean;
  /** As of `Repacking`. */
  isLimited: boolean;
}

/**
 * Source of a function of the content that gives the file; without a search it is given `step`, too. If it is to take pieces it is
 * a generator: told to go on with nothing, and then with each piece, it gives what this is packed as, good until the next one.
 */
export function packSource(
  { size, around, cuts }: Parts,
  streams: Inflated[],
  { isTold, isPiecewise, isLimited }: Packing,
  { search, others = [] }: Partial<Found> = {},
): string {
  const types = new Set(streams.flatMap(({ blocks }) => blocks.map(({ type }) => type)));
  const isExact = others.every((numbers) => numbers.length === 0);
  const lists = streams.map(({ content, blocks }, k) => ({
    length: content.length,
    blocks: JSON.stringify(blocks.map(({ type, steps }) => [steps, blockTypes.indexOf(type)])),
    others: isExact ? '' : `,${JSON.stringify(others[k])}`,
  }));
  const { byte, before } = isPiecewise ? inPieces : { byte: byteAt, before: '' };
  const stream = `${search ? stepSource(search, isExact, byte) : ''}
${repackSource({ types, isLimited, byte, before })}`;
  const isOne = isTold && !isPiecewise && streams.length === 1;
  const [bytes, next] = isTold
    ? [`atob('${Buffer.from(around).toString('base64')}')`, 'around.charCodeAt(from++)']
    : [`whole.subarray(${lists.reduce((sum, { length }) => sum + length, 0)})`, 'around[from++]'];
  const list = `[${lists.map(({ length, blocks, others }) => `[${length},${blocks}${others}]`).join()}]`;
  const [first] = lists;
  const all = isOne
    ? `const [blocks, others] = [${first.blocks}${first.others}];
${stream}`
    : isPiecewise
      ? `const b = new Int16Array(${held});
let piece = yield, taken = 0;
for (const [size, blocks, others] of ${list}) {
  let filled = 0;
  ${stream}
}`
      : `let taken = 0;
${list}.forEach(([length, blocks, others]) => {
  const b = whole.subarray(taken, taken += length);
  ${stream}
});`;
  const place = isPiecewise ? 'end++ - given' : 'end++';
  const head = isPiecewise ? 'function*(step)' : `(${isOne ? 'b' : 'whole'}, step) =>`;
  return `${head} {
  const out = new Uint8Array(${size}), around = ${bytes}, cuts = ${JSON.stringify(cuts)};
  let end = 0, from = 0${isPiecewise ? ', given = 0' : ''};
  const write = byte => {
    if (end === cuts[0]) {
      cuts.shift();
      for (let count = cuts.shift(); count--;) out[${place}] = ${next};
    }
    out[${place}] = byte;
  };
  ${all}
  write();
  return out${isPiecewise ? '.subarray(0, end - 1 - given)' : ''};
}`;
}

/** Places whose bytes are held of what comes in pieces: a window, and what is looked at ahead. */
const held = 1 << 16;

/** How bytes are looked up, and made to be there before each step; behind the last one of a stream is none that is like another. */
const inPieces = {
  byte: (place: string): string => `b[${place} & ${held - 1}]`,
  before: `for (; filled < place + 600; filled++) {
  if (filled < size && taken === piece.length) {
    piece = yield out.subarray(0, end - given);
    given = end;
    taken = 0;
  }
  b[filled & ${held - 1}] = filled < size ? piece[taken++] : 256;
}`,
};

/** Source that sets `step`; of a search that is not exact the steps that it does not take are in `others`. */
function stepSource(search: Search, isExact: boolean, byte: typeof byteAt): string {
  const source = searchSource(search, byte);
  if (isExact) return `step = (${source})(b);`;
  return `const next = (${source})(b);
  let isOther, gap = others.shift();
  step = place => {
    let now = next(place, isOther);
    if (isOther = gap-- === 0) { now = others.shift(); gap = others.shift(); }
    return now;
  };`;
}
