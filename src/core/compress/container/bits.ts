/** One walk serves both directions: a `BitPort` writes the bit it is given, or ignores it and answers the one it reads. */
import type { Decoder, Encoder } from '../../coding/arithmetic';

export interface BitPort {
  /** `p1` as the arithmetic coder takes it; gives back the bit that was written or read. */
  bit(value: number, p1: number): number;
  /** What the bits so far cost, in bits; 0 while reading. */
  cost(): number;
}

export function writingPort(encoder: Encoder): BitPort {
  const counter = countingPort();
  return {
    bit(value, p1) {
      encoder.encode(value, p1);
      return counter.bit(value, p1);
    },
    cost: counter.cost,
  };
}

/** Counts what would be written, and writes nothing: the dry run's port. */
export function countingPort(): BitPort {
  // An array, because a fraction in a variable of a closure is boxed at each change.
  const cost = new Float64Array(1);
  return {
    bit(value, p1) {
      cost[0] += information[(value ? p1 : 65536 - p1) >>> informationShift];
      return value;
    },
    cost: () => cost[0],
  };
}

export function readingPort(decoder: Decoder): BitPort {
  return { bit: (_value, p1) => decoder.decode(p1), cost: () => 0 };
}

/** A probability that learns from each bit, quickly at first: the plain model of what no context helps with. */
export interface Cells {
  code(port: BitPort, cell: number, value: number): number;
}

export function createCells(count: number): Cells {
  const probability = new Float64Array(count).fill(0.5);
  const seen = new Uint8Array(count);
  return {
    code(port, cell, value) {
      const p = Math.trunc(probability[cell] * 65536);
      const bit = port.bit(value, p < 32 ? 32 : p > 65504 ? 65504 : p);
      probability[cell] += (bit - probability[cell]) / (seen[cell] + 1.5);
      if (seen[cell] < 250) seen[cell]++;
      return bit;
    },
  };
}

/** Probabilities are told apart in 4096 steps here: a table that stays in the cache. */
const informationShift = 4;

/** -log2 of the middle of each step, by repeated squaring: the ledger's shares are part of the file, so they may not differ between engines. */
const information = Float64Array.from({ length: 65536 >> informationShift }, (_, step) => {
  let bits = 16 - informationShift;
  let mantissa = step + 0.5;
  for (; mantissa < 1; mantissa *= 2) bits++;
  for (; mantissa >= 2; mantissa /= 2) bits--;
  for (let unit = 0.5; unit > 1e-4; unit /= 2) {
    mantissa *= mantissa;
    if (mantissa >= 2) {
      mantissa /= 2;
      bits -= unit;
    }
  }
  return bits;
});
