/** Bytes that are expected as weighted sums of bytes before them, by least squares; kernels/expected.ts does the same in WebAssembly. */
import { leastSquaresSource } from './leastSquares';
import { countError, errorsBelow, noErrors, oddsOf, placeOf } from './spread';

/** What says of a byte how it is expected, as integer expressions; a model's state declares `centre`, which is set to what is. */
export interface Expected {
  /** How far back the bytes are that a byte may be expected from, an even number. */
  distances: number[];
  /** How many of the distances count, an even number. */
  features: string;
  /** Which of up to 16 least squares expects it. */
  channel: string;
  /** In which of 4096 manners it is: each has errors of its own breadth. */
  manner: string;
  /** Whether its decisions are those of kernels/around.ts, which are few where bytes are as expected. */
  isAround?: boolean;
}

/** Source that says what is expected of byte `i`. */
export const callOf = ({ channel, manner, features }: Expected): string =>
  `expect(i, ${channel}, ${manner}, ${features})`;

/** One byte of a channel in so many teaches what is expected, and leaves so much of what those before it taught, as in the kernel. */
const lessons = { every: 4, memory: 0.998 };

/**
 * For programs in JavaScript: `expect` returns what is expected of byte `i`, and `thought` says of each node of the tree of bits in
 * turn, from the first one on, what is thought of its decision, by the share of errors on each of its sides; `follow` tells it.
 */
export const expectedSource = ({ distances }: Expected): string => {
  const most = distances.length;
  return `
${leastSquaresSource({ most, memory: lessons.memory, largest: 1e6 })}
const doubles = n => new Float64Array(n), distances = [${distances.join()}], heard = doubles(${most}), learners = [];
let factors, matrix, shape, breadths, breadth = 0, mean = 0, lesson = 0, many = 0, style = 0, bottom = 0, middle = 0, top = 0;
const below = v => { const r = v - 0.5 - mean, u = ${placeOf('r', 'Math.abs(r)')}, j = u | 0; return ${errorsBelow}; };
const thought = node => {
  const unit = 1 << Math.clz32(node) - 24, place = (2 * node + 1) * unit;
  if (node < 2) bottom = below(0), top = below(256);
  middle = below(place & 255);
  const ones = top - middle, all = top - bottom;
  return ${oddsOf('ones', 'all')};
};
const follow = y => { if (y) bottom = middle; else top = middle; };
const expect = (i, channel, manner, features) => {
  if (shape) {
    const missed = data[i - 1] - mean, e = Math.abs(missed), usual = breadths[style];
    ${countError('missed', 'e')}
    breadths[style] += (Math.min(e, usual * 6 + 1) - usual) / 20;
    if (!(lesson & ${lessons.every - 1})) teach(factors, matrix, heard, many, missed);
  }
  [factors, matrix, shape, breadths] = learners[channel] ||= [doubles(${most}), doubles(${most * most}), ${noErrors}, doubles(4096).fill(4)];
  lesson += !channel; many = features; style = manner;
  for (let j = 0; j < many; j++) heard[j] = data[i - distances[j]] | 0;
  mean = guess(factors, matrix, heard, many);
  breadth = breadths[style] + 0.3;
  return Math.max(0, Math.min(255, mean + 0.5)) | 0;
};
`;
};
