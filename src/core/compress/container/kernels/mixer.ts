// Predicts a bit from several contexts and learns from it: one adaptive probability per context, mixed in the logistic domain (PAQ).

import { codeBit } from './coder';

/** Tables of the host's `logistic.ts`, over [-12, 12] and over [0, 1], rounded to float32. */
const squashSteps = 4096;
const squashLimit: f32 = 12;
const squashValues = heap.alloc((squashSteps + 2) * 4);
const stretchValues = heap.alloc(4096 * 4);

/** Where the host puts the tables, floats end to end. */
export function squashTable(): usize {
  return squashValues;
}

export function stretchTable(): usize {
  return stretchValues;
}

/**
 * A cell is an adaptive probability of a one in 32 bits: it less a half in 1/2^22, signed, above how many bits it has seen.
 * So memory as it comes, all zero, is cells of which nothing is known.
 */
const seenBits = 10;
const seenMask = (1 << seenBits) - 1;
const half = 1 << 21;

/** A cell's step never falls below 1/limit, so that it follows what changes. */
const limit = 255;
/** The step of a cell that has seen n bits, in 1/65536. */
const steps = new StaticArray<i32>(limit + 1);
/** How much a cell that has seen n bits is believed: few observations say little. */
const trust = new StaticArray<f32>(limit + 1);
for (let n = 0; n <= limit; n++) {
  unchecked((steps[n] = <i32>(65536 / (<f64>n + 1.6))));
  unchecked((trust[n] = <f32>((<f64>n + 0.3) / (<f64>n + 1.8))));
}

function learn(cell: usize, bit: i32): void {
  const state = load<i32>(cell);
  const n = state & seenMask;
  const p = state >> seenBits;
  const error = (bit ? half - 1 : -half) - p;
  const after = p + <i32>((<i64>error * <i64>unchecked(steps[n])) >> 16);
  store<i32>(cell, (after << seenBits) | (n + i32(n < limit)));
}

/** Cells alone, where no context helps. */
export function roomForCells(count: i32): usize {
  return heap.alloc(count * 4);
}

export function codeCell(cell: usize, value: i32): i32 {
  const p = ((load<i32>(cell) >> seenBits) + half) >> 6;
  const bit = codeBit(value, min(max(p, 32), 65504));
  learn(cell, bit);
  return bit;
}

/** What one kind of bit is predicted by: a cell for each of four contexts, and the weights of their votes. */
export class Mixer {
  /** Set before each bit: one cell number per context, each below `cells`. */
  contexts: StaticArray<i32> = new StaticArray<i32>(4);
  /** Vectors of four float32, one for each set. */
  weights: usize;
  /** Cells [context, number]. */
  table: usize;

  /** @param sets weight sets, of which each bit uses one; `rate` is their step */
  constructor(
    public cells: i32,
    sets: i32,
    public rate: f32,
  ) {
    this.weights = heap.alloc(sets << 4);
    for (let set = 0; set < sets; set++) v128.store(this.weights + (set << 4), f32x4.splat(0.35));
    this.table = heap.alloc(cells << 4);
  }
}

/** Codes one bit under `mixer.contexts` and weight set `set`; gives back the bit. */
export function mixBit(mixer: Mixer, value: i32, set: i32): i32 {
  const contexts = changetype<usize>(mixer.contexts);
  const stride = mixer.cells << 2;
  const a = mixer.table + (load<i32>(contexts) << 2);
  const b = mixer.table + stride + (load<i32>(contexts, 4) << 2);
  const c = mixer.table + 2 * stride + (load<i32>(contexts, 8) << 2);
  const d = mixer.table + 3 * stride + (load<i32>(contexts, 12) << 2);
  const at = mixer.weights + (set << 4);
  const weights = v128.load(at);
  let votes = f32x4.splat(vote(a));
  votes = f32x4.replace_lane(votes, 1, vote(b));
  votes = f32x4.replace_lane(votes, 2, vote(c));
  votes = f32x4.replace_lane(votes, 3, vote(d));
  const weighed = f32x4.mul(weights, votes);
  const mixed = squash(
    f32x4.extract_lane(weighed, 0) +
      f32x4.extract_lane(weighed, 1) +
      (f32x4.extract_lane(weighed, 2) + f32x4.extract_lane(weighed, 3)),
  );
  const bit = codeBit(value, min(max(<i32>(mixed * 65536), 16), 65520));
  const step = f32x4.splat((<f32>bit - mixed) * mixer.rate);
  v128.store(at, f32x4.add(weights, f32x4.mul(step, votes)));
  learn(a, bit);
  learn(b, bit);
  learn(c, bit);
  learn(d, bit);
  return bit;
}

function vote(cell: usize): f32 {
  const state = load<i32>(cell);
  const logit = load<f32>(stretchValues + ((((state >> seenBits) + half) >> 10) << 2));
  return logit * unchecked(trust[state & seenMask]);
}

function squash(x: f32): f32 {
  const inside = min(max(x, -squashLimit), squashLimit) + squashLimit;
  const place = inside * (<f32>squashSteps / (2 * squashLimit));
  const floor = <i32>place;
  const lower = load<f32>(squashValues + (floor << 2));
  return lower + (load<f32>(squashValues + (floor << 2), 4) - lower) * (place - <f32>floor);
}
