/** Source that packs again what was in a file: the bytes around its streams, and each of these by its search and blocks. */
import { joinBytes } from '../../join';
import { blockTypes, type Inflated } from './inflated';
import { repackSource, type Repacking } from './repack';
import { byteAt, searchSource, type Search } from './search';
import type { Found, Others } from './searching';
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
  codes: Repacking['codes'];
  /** What stands behind all of that, if it does. */
  told?: Told;
}

/** What tells of steps and codes that are not those of zlib, as bytes. */
export interface Told {
  bytes: Uint8Array;
  /** Where the numbers of steps begin that are taken, the lengths and both bytes of the distances of those that are not, and the codes. */
  starts: number[];
}

/**
 * The steps that a search does not take, and the codes of all blocks where they are not zlib's. A number is a sum of bytes of 255 and
 * another one; a repeat's is two less than its length, 0 is a byte as it is.
 */
export function toldOf(others: Others[], streams: Inflated[], codes: Repacking['codes']): Told {
  const planes: number[][] = [[], [], [], [], []];
  const [gaps, lengths, highs, lows, told] = planes;
  const tell = (plane: number[], number: number): void => {
    for (; number >= 255; number -= 255) plane.push(255);
    plane.push(number);
  };
  let gap = 0;
  for (const { steps, rest } of others) {
    for (let k = 0; k < steps.length; k += 2) {
      const step = steps[k + 1];
      tell(gaps, gap + steps[k]);
      tell(lengths, step && (step >>> 16) - 2);
      if (step) {
        highs.push((step >> 8) & 255);
        lows.push(step & 255);
      }
      gap = 0;
    }
    gap += rest;
  }
  tell(gaps, gap);
  const bits =
    codes === 'told'
      ? streams.flatMap(({ blocks }) => blocks.flatMap(({ codes = [] }) => codes))
      : [];
  for (let k = 0; k < bits.length; k += 8)
    told.push(bits.slice(k, k + 8).reduce((byte, bit, at) => byte | (bit << at), 0));
  const starts = planes.map((_, k) =>
    planes.slice(0, k).reduce((sum, { length }) => sum + length, 0),
  );
  return { bytes: Uint8Array.from(planes.flat()), starts };
}

/**
 * Source of a function of the content that gives the file; without a search it is given `step`, too, to see whether it does. If it is
 * to take pieces it is a generator: told to go on with nothing, and then with each piece, it gives what this is packed as, good until
 * the next one.
 */
export function packSource(
  { size, around, cuts }: Parts,
  streams: Inflated[],
  { isTold, isPiecewise, codes, told }: Packing,
  { search, others = [] }: Partial<Found> = {},
): string {
  const types = new Set(streams.flatMap(({ blocks }) => blocks.map(({ type }) => type)));
  const isExact = others.every(({ steps }) => steps.length === 0);
  const lists = streams.map(({ content, blocks }, k) => ({
    length: content.length,
    blocks: JSON.stringify(blocks.map(({ type, steps }) => [steps, blockTypes.indexOf(type)])),
    others: isExact || told ? '' : `,${JSON.stringify(others[k].steps)}`,
  }));
  const { byte, before } = isPiecewise ? inPieces : { byte: byteAt, before: '' };
  const taking = told ? 'told' : isExact ? 'exact' : 'listed';
  const stream = `${search ? stepSource(search, taking, byte) : ''}
${repackSource({ types, codes, isTried: !search, byte, before })}`;
  const content = lists.reduce((sum, { length }) => sum + length, 0);
  const isOne = isTold && !isPiecewise && streams.length === 1;
  const [bytes, next] = isTold
    ? [`atob('${Buffer.from(around).toString('base64')}')`, 'around.charCodeAt(from++)']
    : [`whole.subarray(${content})`, 'around[from++]'];
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
  ${told ? toldSource(told, content + around.length) : ''}
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

/** Source of what gives the numbers that are told, which begin at a place. */
const toldSource = (
  { starts }: Told,
  from: number,
): string => `const [gaps, lengths, highs, lows, told] = [${starts.map((start) => from + start).join()}].map(at => () => whole[at++]);
  const number = plane => {
    let sum = 0, byte;
    do sum += byte = plane(); while (byte === 255);
    return sum;
  };
  let gap = number(gaps), isOther, toldBits = 0;`;

/** Source that sets `step`; the steps that a search does not take are in the list `others`, or told. */
function stepSource(
  search: Search,
  taking: 'exact' | 'listed' | 'told',
  byte: typeof byteAt,
): string {
  const source = searchSource(search, byte);
  if (taking === 'exact') return `step = (${source})(b);`;
  if (taking === 'told')
    return `const next = (${source})(b);
  step = place => {
    let now = next(place, isOther);
    if (isOther = gap-- === 0) {
      now = number(lengths);
      now &&= now + 2 << 16 | highs() << 8 | lows();
      gap = number(gaps);
    }
    return now;
  };`;
  return `const next = (${source})(b);
  let isOther, gap = others.shift();
  step = place => {
    let now = next(place, isOther);
    if (isOther = gap-- === 0) { now = others.shift(); gap = others.shift(); }
    return now;
  };`;
}
