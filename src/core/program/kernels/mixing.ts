// The predictor of one byte (AssemblyScript, SIMD): hashed contexts, repeats, a gated mixer and two refinements. The encoder
// runs this module, and every emitted program what decoder.ts leaves of it. Floats are single precision in a fixed order, so that all engines agree.
//
// The host writes the contexts of the byte at HASH, the rows of its weight sets at SELECT and the refinement's context at
// REFINE, then calls `code`.

import { findBuckets, placeBuckets } from './buckets';
import { decide, range, resetChance, startStream } from './coder';
import { byteOf, codeOf, decisionOf, isFirst, nodeAfter, sole, symbolAt, topOf } from './decisions';
import { follow, known, thought } from './expected';
import { fillTables, nearest, squash, stretch } from './logistic';
import {
  BASE,
  COUNT_P,
  DATA,
  DOTS,
  EXPERT,
  HASH,
  INPUTS,
  PAST_P,
  PLACE,
  QUIET_P,
  QUIET_W,
  REFINE,
  REFINE_A,
  REFINE_B,
  SELECT,
  SLOT,
  TOP,
} from './map';
import { findMatches, forgetRepeats, gatherRepeats, matches } from './repeats';
import { box, opine } from './resampled';

export { chance, close } from './coder';
export { single } from './decisions';

let contexts: i32 = 0;
let sets: i32 = 0;
let experts: i32 = 0;
let inputBytes: i32 = 0;
/** Bytes of a row of weights, the last of which tell how often it learned (f32, three for a thousand). */
let stride: i32 = 0;
let weights: usize = 0;
let rateEnd: f32 = 0;

/** A decision that was expected but for less than this teaches nothing, and for less than ten times as much no probabilities. */
let leastError: f32 = 0;

/** Whether the next byte is already known to be another than expected. */
let isOther: i32 = 0;

/** Places everything that depends on the file but repeats, which come before, and fills the tables. `at` is where the payload is read or written; `opinions` are the host's experts. */
export function prepare(
  n: i32,
  selectors: i32,
  at: usize,
  weightsAt: usize,
  tableAt: usize,
  tableBytes: i32,
  rate: f32,
  least: f32,
  opinions: i32,
): void {
  contexts = n;
  sets = selectors + 2;
  experts = opinions;
  inputBytes = ((3 * n + matches + experts + 4) & ~3) << 2;
  weights = weightsAt;
  stride = inputBytes + 16;
  rateEnd = rate;
  leastError = least;
  startStream(at);
  placeBuckets(tableAt, tableBytes);
  fillTables(1 / <f32>sets);
  // What came last, or is expected, comes in three of four cases; of quiet bytes nothing is known.
  for (let k: usize = QUIET_P; k < PAST_P + (n << 16); k += 4)
    store<u32>(k, 0x40000001 | ((k & 0x400) << 21));
  for (let k: usize = COUNT_P; k < COUNT_P + (n << 12); k += 4) {
    const ones: u32 = (k & 124) + 1;
    const zeros: u32 = ((k >> 5) & 124) + 1;
    store<u32>(k, ((((ones * ones) << 18) / (ones * ones + zeros * zeros)) << 14) | 120);
  }
  for (let k: usize = weightsAt; k < tableAt; k += 4) store<f32>(k, 0.06);
}

/** Codes the byte that an encoder tells, or reads one if it is told -1, puts it at `i` of the data and returns it. */
// @inline
export function code(i: i32, told: i32): i32 {
  const encoding = i32(told >= 0);
  const c1 = <i32>load<u8>(i, DATA - 1);
  const refineContext = load<i32>(REFINE) * 0x9e3779b1;
  const toldCode = encoding ? codeOf(told) : 0;
  const first = 7 + (i32(sole >= 0) & ~isOther);
  let node = topOf(first);
  // The node within the decisions that a bucket serves.
  let local = 1;
  if (!isOther) resetChance();
  isOther = 0;
  let symbol = 0;
  for (let bit = first; symbol < 256; bit--) {
    if (local < 2) findBuckets(contexts, bit === first, node);
    const input = encoding ? INPUTS + ((bit & 7) << 10) : INPUTS;
    const last = input + inputBytes;
    if (box && bit === 7) opine(EXPERT + ((experts - 1) << 10));
    if (known) store<f32>(node << 2, thought(node, bit), EXPERT);
    store<f32>(last - 4, 0.4);
    for (let k = 0; k < experts; k++)
      store<f32>(last - 8 - (k << 2), load<f32>(EXPERT + (k << 10) + (node << 2)));
    gather(input, bit, node, local);
    // Their lines are asked for before they are needed.
    let ra = REFINE_A + (((c1 * 0x25d1 + node * 61) & 16383) << 6);
    let rb = REFINE_B + ((((refineContext >>> 16) ^ (node * 61)) & 4095) << 6);
    store<f32>(REFINE, load<f32>(ra) + load<f32>(rb), 8);

    store<i32>(SELECT, node);
    let dot: f32 = 0;
    const top = TOP + (node << 6);
    for (let m = 0; m < sets; m++) {
      let w: usize = weights + load<i32>(m << 2, SELECT) * stride;
      let sum = f32x4.splat(0);
      for (let x: usize = input; x < last; x += 16, w += 16)
        sum = f32x4.add(sum, f32x4.mul(v128.load(x), v128.load(w)));
      const d = sumOf(sum);
      store<f32>(m << 2, d, DOTS);
      dot += d * load<f32>(top + (m << 2));
    }
    // Two refinements learn by how much the mix is wrong in a context.
    const ti = ((<usize>nearest(dot * 0.6)) & 15) << 2;
    ra += ti;
    rb += ti;
    const p = squash(dot + load<f32>(ra) + load<f32>(rb));

    const y = decide(p, decisionOf(toldCode, node, bit), encoding);
    const error = <f32>y - p;
    if (abs(error) > leastError) {
      for (let m = 0; m < sets; m++) {
        let w: usize = weights + load<i32>(m << 2, SELECT) * stride;
        const d = load<f32>(m << 2, DOTS);
        store<f32>(top + (m << 2), load<f32>(top + (m << 2)) + error * 0.0015 * d);
        const miss: f32 = <f32>y - squash(d);
        if (abs(miss) < 0.01) continue;
        // A row that has seldom learned learns faster.
        const times = w + inputBytes;
        const n = load<f32>(times);
        store<f32>(times, n + 0.003);
        const step = f32x4.splat(miss * (rateEnd + 0.015 / (1 + n)));
        for (let x: usize = input; x < last; x += 16, w += 16)
          v128.store(w, f32x4.add(v128.load(w), f32x4.mul(step, v128.load(x))));
      }
      store<f32>(ra, load<f32>(ra) + error * 0.015);
      store<f32>(rb, load<f32>(rb) + error * 0.015);
      if (abs(error) > leastError * 10) learn(y, PLACE + (((contexts << 1) + matches) << 2));
      count(y);
    }
    forgetRepeats(y, bit);
    if (known) follow(y);
    node = nodeAfter(node, y);
    local = isFirst(bit) || local > 7 ? 1 : local * 2 + y;
    symbol = symbolAt(node);
  }
  symbol = byteOf(symbol);
  keep(i, symbol);
  return symbol;
}

/** Puts a byte at `i` of the data. */
function keep(i: i32, byte: i32): void {
  store<u8>(i, byte, DATA);
  if (matches) findMatches(i + 1, byte);
}

/**
 * Codes whether the byte at `i`, which is told as for `code`, is another than the expected one, from the first four contexts alone,
 * and returns that; of such a byte `code` then codes the rest.
 */
export function quiet(i: i32, told: i32, expected: i32): i32 {
  const encoding = i32(told >= 0);
  for (let k: i32 = 0; k < 16; k += 4) {
    const a = QUIET_P + (k << 12) + ((load<u32>(k, HASH) & 4095) << 2);
    store<i32>(k, <i32>a, PLACE);
    // Not among the inputs of a byte, of which a single context leaves some as they are.
    store<f32>(k, stretch(a), DOTS);
  }
  const x = v128.load(DOTS);
  const w = v128.load(QUIET_W);
  const p = squash(sumOf(f32x4.mul(x, f32x4.add(w, f32x4.splat(0.3)))));
  resetChance();
  isOther = decide(p, i32(told !== expected), encoding);
  learn(isOther, PLACE + 16);
  v128.store(QUIET_W, f32x4.add(w, f32x4.mul(x, f32x4.splat((<f32>isOther - p) * 0.002))));
  if (!isOther) keep(i, expected);
  return isOther;
}

/**
 * Three inputs a context: what its counts of zeros and ones say, what followed its last bits here, and the first once more, its
 * sign changed where both bits were seen, so that the mixer trusts the two cases apart. Between them the repeats.
 */
function gather(input: usize, bit: i32, node: i32, local: i32): void {
  let x: usize = PLACE;
  const third = input + (((contexts << 1) + matches) << 2);
  for (let k: i32 = 0; k < contexts << 2; k += 4, x += 8, input += 8) {
    const a: usize = load<i32>(k, BASE) + (local << 1);
    store<i32>(k, <i32>a, SLOT);
    const s = <i32>load<u16>(a);
    const c = s >> 6;
    const counted = COUNT_P + (((k << 8) | c) << 2);
    const followed = PAST_P + (k << 14) + ((((s & 63) << 8) | node) << 2);
    store<i32>(x, counted);
    store<i32>(x, followed, 4);
    const d = stretch(counted);
    store<f32>(input, d);
    store<f32>(input, stretch(followed), 4);
    store<u32>(third + k, reinterpret<u32>(d) ^ ((i32(c > 31) & i32((c & 31) > 0)) << 31));
  }
  gatherRepeats(input, x, bit);
}

/**
 * Teaches the bit to the contexts' slots: how many zeros and ones (5 bits each), and the last five bits behind a one. From
 * eight on counts rise by chance (Morris, 1978), which is drawn from the coder's interval, as both sides know it; the count that
 * can rise no more lowers the other.
 */
function count(y: i32): void {
  let dice = range * 0x9e3779b1;
  const shift = y ? 6 : 11;
  for (let k: i32 = 0; k < contexts << 2; k += 4) {
    const a: usize = load<i32>(k, SLOT);
    let s = <i32>load<u16>(a);
    const n = (s >> shift) & 31;
    dice = dice * 0x9e3779b1 + 1;
    // Without branches, since none could be foreseen.
    const rises = i32(n < 8) | i32(!(dice >>> (33 - (n >> 2))));
    if (n < 31) s += rises << shift;
    else if (rises && (s >> (17 - shift)) & 30) s -= 1 << (17 - shift);
    store<u16>(a, (s & 0xffc0) | ((s << 1) & 31) | (i32((s & 63) > 15) << 5) | y);
  }
}

/** Teaches a decision to the probabilities at PLACE: each has 22 bits, and 10 of count, which sets the pace. */
function learn(y: i32, end: usize): void {
  const one = i32x4.splat(y * 0x3fffff);
  for (let k: usize = PLACE; k < end; k += 16) {
    const a = load<usize>(k);
    const b = load<usize>(k, 4);
    const c = load<usize>(k, 8);
    const d = load<usize>(k, 12);
    let s = v128.load32_zero(a);
    s = v128.load_lane<u32>(b, s, 1);
    s = v128.load_lane<u32>(c, s, 2);
    s = v128.load_lane<u32>(d, s, 3);
    const n = v128.and(s, i32x4.splat(1023));
    const p = i32x4.shr_u(s, 10);
    const pace = f32x4.div(
      f32x4.convert_i32x4_s(i32x4.sub(one, p)),
      f32x4.add(f32x4.convert_i32x4_s(n), f32x4.splat(1.2)),
    );
    s = v128.or(
      i32x4.shl(i32x4.add(p, i32x4.trunc_sat_f32x4_s(pace)), 10),
      i32x4.sub(n, i32x4.ne(n, i32x4.splat(1023))),
    );
    v128.store_lane<u32>(a, s, 0);
    v128.store_lane<u32>(b, s, 1);
    v128.store_lane<u32>(c, s, 2);
    v128.store_lane<u32>(d, s, 3);
  }
}

function sumOf(lanes: v128): f32 {
  return (
    f32x4.extract_lane(lanes, 0) +
    f32x4.extract_lane(lanes, 1) +
    f32x4.extract_lane(lanes, 2) +
    f32x4.extract_lane(lanes, 3)
  );
}
