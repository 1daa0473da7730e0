/** One walk serves both directions: a `BitPort` writes the bit it is given, or ignores it and answers the one it reads. */
import type { Decoder, Encoder } from '../../coding/arithmetic';

export interface BitPort {
  /** `p1` as the arithmetic coder takes it; gives back the bit that was written or read. */
  bit(value: number, p1: number): number;
  /** What the bits so far cost, in bits; 0 while reading. */
  cost(): number;
}

export function writingPort(encoder: Encoder): BitPort {
  let cost = 0;
  return {
    bit(value, p1) {
      encoder.encode(value, p1);
      cost += information[value ? p1 : 65536 - p1];
      return value;
    },
    cost: () => cost,
  };
}

/** Counts what would be written, and writes nothing: the dry run's port. */
export function countingPort(): BitPort {
  let cost = 0;
  return {
    bit(value, p1) {
      cost += information[value ? p1 : 65536 - p1];
      return value;
    },
    cost: () => cost,
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

/** -log2(p / 65536) by repeated squaring: the ledger's shares are part of the file, so they may not differ between engines. */
const information = Float64Array.from({ length: 65537 }, (_, p) => {
  if (p === 0) return 0;
  let bits = 16;
  let mantissa = p;
  while (mantissa >= 2) {
    mantissa /= 2;
    bits--;
  }
  for (let step = 0.5; step > 1e-4; step /= 2) {
    mantissa *= mantissa;
    if (mantissa >= 2) {
      mantissa /= 2;
      bits -= step;
    }
  }
  return bits;
});
