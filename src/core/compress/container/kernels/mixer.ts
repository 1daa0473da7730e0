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
/** Of a cell that has seen n bits: its step in 1/65536, and how much it is believed when it has seen one more. */
const paces = heap.alloc((limit + 1) << 3);
for (let n = 0; n <= limit; n++) {
  store<i32>(paces + (n << 3), <i32>(65536 / (<f64>n + 1.6)));
  store<f32>(paces + (n << 3), trust(min(n + 1, limit)), 4);
}

/** How much a cell that has seen n bits is believed: few observations say little. */
function trust(n: i32): f32 {
  return <f32>((<f64>n + 0.3) / (<f64>n + 1.8));
}

/** Cells alone, where no context helps. */
export function roomForCells(count: i32): usize {
  return heap.alloc(count * 4);
}

export function codeCell(cell: usize, value: i32): i32 {
  const state = load<i32>(cell);
  const p = state >> seenBits;
  const bit = codeBit(value, min(max((p + half) >> 6, 32), 65504));
  const n = state & seenMask;
  const error = (bit ? half - 1 : -half) - p;
  const after = p + <i32>((<i64>error * <i64>load<i32>(paces + (n << 3))) >> 16);
  store<i32>(cell, (after << seenBits) | (n + i32(n < limit)));
  return bit;
}

/** What one kind of bit is predicted by: a cell for each of four contexts, and the weights of their votes. */
export class Mixer {
  /** Vectors of four float32, one for each set. */
  weights: usize;
  /** Cells [context, number], each beside its vote: learning, not predicting, has the time to look votes up. */
  table: usize;
  /** Bytes of one context's cells. */
  stride: usize;

  /** @param sets weight sets, of which each bit uses one; `rate` is their step */
  constructor(
    cells: i32,
    private sets: i32,
    public rate: f32,
  ) {
    this.stride = (<usize>cells) << 3;
    this.weights = heap.alloc(sets << 4);
    this.table = heap.alloc(this.stride << 2);
  }

  /** Knows nothing yet; the tables must be there. */
  reset(): void {
    for (let set = 0; set < this.sets; set++) {
      v128.store(this.weights + (set << 4), f32x4.splat(0.35));
    }
    const unseen = (<u64>reinterpret<u32>(load<f32>(stretchValues + (2048 << 2)) * trust(0))) << 32;
    const end = this.table + (this.stride << 2);
    for (let at = this.table; at < end; at += 16) v128.store(at, i64x2.splat(unseen));
  }
}

/** Codes one bit under a cell of each context, each below `cells`, and weight set `set`; gives back the bit. */
// @inline
export function mixBit(
  mixer: Mixer,
  value: i32,
  set: i32,
  context0: i32,
  context1: i32,
  context2: i32,
  context3: i32,
): i32 {
  const a = mixer.table + ((<usize>context0) << 3);
  const b = mixer.table + mixer.stride + ((<usize>context1) << 3);
  const c = mixer.table + 2 * mixer.stride + ((<usize>context2) << 3);
  const d = mixer.table + 3 * mixer.stride + ((<usize>context3) << 3);
  const ab = v128.load_lane<u64>(b, v128.load64_zero(a), 1);
  const cd = v128.load_lane<u64>(d, v128.load64_zero(c), 1);
  const states = v128.shuffle<i32>(ab, cd, 0, 2, 4, 6);
  const votes = v128.shuffle<f32>(ab, cd, 1, 3, 5, 7);

  const at = mixer.weights + (set << 4);
  const weights = v128.load(at);
  const mixed = squash(f32x4.mul(weights, votes));
  const bit = codeBit(value, min(max(floorOf(<f64>mixed + 1, 16), 16), 65520));
  const step = f32x4.splat((<f32>bit - mixed) * mixer.rate);
  v128.store(at, f32x4.add(weights, f32x4.mul(step, votes)));

  // The same arithmetic as in `codeCell`, for four cells; of a product's 38 bits the middle 32 are wanted.
  const n = v128.and(states, i32x4.splat(seenMask));
  const p = i32x4.shr_s(states, seenBits);
  const error = i32x4.sub(i32x4.splat(bit ? half - 1 : -half), p);
  const n01 = v128.load_lane<u64>(
    paces + (i32x4.extract_lane(n, 1) << 3),
    v128.load64_zero(paces + (i32x4.extract_lane(n, 0) << 3)),
    1,
  );
  const n23 = v128.load_lane<u64>(
    paces + (i32x4.extract_lane(n, 3) << 3),
    v128.load64_zero(paces + (i32x4.extract_lane(n, 2) << 3)),
    1,
  );
  const steps = v128.shuffle<i32>(n01, n23, 0, 2, 4, 6);
  const trusts = v128.shuffle<f32>(n01, n23, 1, 3, 5, 7);
  const moved = v128.shuffle<i32>(
    i64x2.shr_u(i64x2.extmul_low_i32x4_s(error, steps), 16),
    i64x2.shr_u(i64x2.extmul_high_i32x4_s(error, steps), 16),
    0,
    2,
    4,
    6,
  );
  const after = i32x4.add(p, moved);
  const seen = i32x4.sub(n, i32x4.lt_s(n, i32x4.splat(limit)));
  const learned = v128.or(i32x4.shl(after, seenBits), seen);
  const place = i32x4.shr_s(i32x4.add(after, i32x4.splat(half)), 10);
  let logits = v128.load32_zero(stretchValues + (i32x4.extract_lane(place, 0) << 2));
  logits = v128.load_lane<f32>(stretchValues + (i32x4.extract_lane(place, 1) << 2), logits, 1);
  logits = v128.load_lane<f32>(stretchValues + (i32x4.extract_lane(place, 2) << 2), logits, 2);
  logits = v128.load_lane<f32>(stretchValues + (i32x4.extract_lane(place, 3) << 2), logits, 3);
  const next = f32x4.mul(logits, trusts);
  const newAb = v128.shuffle<i32>(learned, next, 0, 4, 1, 5);
  const newCd = v128.shuffle<i32>(learned, next, 2, 6, 3, 7);
  v128.store_lane<u64>(a, newAb, 0);
  v128.store_lane<u64>(b, newAb, 1);
  v128.store_lane<u64>(c, newCd, 0);
  v128.store_lane<u64>(d, newCd, 1);
  return bit;
}

function squash(weighed: v128): f32 {
  const pairs = f32x4.add(weighed, v128.shuffle<f32>(weighed, weighed, 1, 0, 3, 2));
  const sum = f32x4.add(pairs, v128.shuffle<f32>(pairs, pairs, 2, 3, 0, 1));
  const x = f32x4.extract_lane(sum, 0);
  if (abs(x) >= squashLimit) return load<f32>(squashValues + (x < 0 ? 0 : squashSteps << 2));
  const place = (x + squashLimit) * (<f32>squashSteps / (2 * squashLimit));
  const floor = floorOf(<f64>place + squashSteps, 12);
  const lower = load<f32>(squashValues + (floor << 2));
  return lower + (load<f32>(squashValues + (floor << 2), 4) - lower) * (place - <f32>floor);
}

/** The first `bits` bits after the leading one of a number: what conversions take many steps for. */
// @inline
function floorOf(x: f64, bits: i32): i32 {
  return (<i32>(reinterpret<u64>(x) >> (52 - bits))) & ((1 << bits) - 1);
}
