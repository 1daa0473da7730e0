// The predictor of one byte (AssemblyScript, SIMD): hashed contexts, repeats, a gated mixer and two refinements. The encoder
// runs this module, and every emitted program what decoder.ts leaves of it. Floats are single precision in a fixed order, so that all engines agree.
//
// The host writes the contexts of the byte at HASH, the rows of its weight sets at SELECT and the refinement's context at
// REFINE, then calls `code`, before it perhaps `quiet`. What engine.ts says of the map of the memory is said here again, since a kernel imports nothing of the host's.

import { box, opine } from './resampled';

const HASH: usize = 0x1000; // i32 per context
const SELECT: usize = 0x1100; // i32 per weight set: its row; the first two are chosen here
const REFINE: usize = 0x1140;
const DOTS: usize = 0x1180; // f32 per weight set
const MATCH: usize = 0x1200; // 32 bytes per repeat: at, length, bucket, expected byte, hash, least length
const BASE: usize = 0x1400; // i32 per context, and so on: the bucket of this nibble
const CHECK: usize = 0x1500; // what the bucket of the byte says if it is there
const SLOT: usize = 0x1600;
const HOME: usize = 0x1700; // the bucket of the byte's first decision
const PLACE: usize = 0x1800; // i32 per input that is a probability: where that stands
const INPUTS: usize = 0x2000; // f32[8][256]: what each bit of a byte was predicted from
const STRETCH: usize = 0x4000; // f32[4096]
const SQUASH: usize = 0x8000; // f32[4096]
const TOP: usize = 0xc000; // f32[256][16]: weights of the sets' opinions
const COUNT_P: usize = 0x20000; // u32 per context, zeros and ones
const REFINE_A: usize = 0x100000; // f32[16384][16], so that a context is one cache line
const REFINE_B: usize = 0x200000;
export const EXPERT: usize = 0x2f0000; // f32[256] an expert: what it says of each decision, in log-odds
const QUIET_P: usize = 0x243000; // u32[4096] per context of a quiet byte, four
const QUIET_W: usize = 0x1170; // f32 per such context, four
const REPEAT_P: usize = 0x2ff000; // u32 per expected bit, repeat and length
const PAST_P: usize = 0x300000; // u32 per context, last bits and decision
const DATA: usize = 0x700000;

let contexts: i32 = 0;
let sets: i32 = 0;
let matches: i32 = 0;
/** A byte that has a decision of its own before the bits of all others. */
let sole: i32 = -1;
let experts: i32 = 0;
let inputBytes: i32 = 0;
let recent: usize = 0;
let recentBits: i32 = 0;
let weights: usize = 0;
let table: usize = 0;
let mask: i32 = 0;
let low: u32 = 0;
let high: u32 = 0;
let word: u32 = 0;
let stream: usize = 0;
let rateEnd: f32 = 0;

/** Whether the next byte is already known to be another than `sole`. */
let isOther: i32 = 0;

/** Product of the probabilities that the last byte's bits were given. */
export let chance: f64 = 1;

function squash(d: f32): f32 {
  return load<f32>((<usize>(<i32>(d * 170.6 + 2048.5))) << 2, SQUASH);
}

function clip(d: f32): f32 {
  return d < -11.9 ? -11.9 : d > 11.9 ? 11.9 : d;
}

function sumOf(lanes: v128): f32 {
  return (
    f32x4.extract_lane(lanes, 0) +
    f32x4.extract_lane(lanes, 1) +
    f32x4.extract_lane(lanes, 2) +
    f32x4.extract_lane(lanes, 3)
  );
}

/** What a count of five bits stands for, and a little. */
function countOf(code: usize): f64 {
  return <f64>(code < 4 ? code : ((code & 3) + 4) << ((code >> 2) - 1)) + 0.25;
}

/** Comes before all else where there is such a byte; of a program without it, what is done for that falls away. */
export function single(byte: i32): void {
  sole = byte;
}

/** Places everything that depends on the file, and fills the tables. `at` is where the payload is read or written; `opinions` are the host's experts. */
export function prepare(
  n: i32,
  selectors: i32,
  repeats: i32,
  at: usize,
  recentAt: usize,
  weightsAt: usize,
  rows: i32,
  tableAt: usize,
  tableMask: i32,
  rate: f32,
  repeatBits: i32,
  opinions: i32,
): void {
  contexts = n;
  sets = selectors + 2;
  matches = repeats;
  experts = opinions;
  inputBytes = ((3 * n + 2 * repeats + experts + 4) & ~3) << 2;
  stream = at;
  recent = recentAt;
  weights = weightsAt;
  table = tableAt;
  mask = tableMask;
  rateEnd = rate;
  recentBits = repeatBits;
  // Stretch and squash by small steps from the middle outwards: their inverse is only as exact as it need be.
  let s: f64 = 0.5;
  let t: f64 = 0;
  for (let k: usize = 0; k < 2048; k++) {
    store<f32>(8192 + (k << 2), <f32>s, SQUASH);
    store<f32>(8192 - (k << 2), <f32>(1 - s), SQUASH);
    s += (s * (1 - s)) / 170.6;
    const q = (<f64>k + 2048.5) / 4096;
    t += 0.5 / 4096 / (q * (1 - q));
    store<f32>(8192 + (k << 2), <f32>t, STRETCH);
    store<f32>(8188 - (k << 2), <f32>-t, STRETCH);
    t += 0.5 / 4096 / (q * (1 - q));
  }
  for (let k: usize = 0; k < 0x4000; k += 4) store<f32>(k, 1 / <f32>sets, TOP);
  // What came last, or is expected, comes in three of four cases.
  for (let k: usize = REPEAT_P; k < DATA; k += 4) store<u32>(k, 0x40000001 | ((k & 0x400) << 21));
  for (let k: usize = COUNT_P; k < REFINE_A; k += 4) {
    const ones = countOf((k >> 2) & 31);
    store<u32>(k, ((<u32>((ones / (ones + countOf((k >> 7) & 31))) * 4194303)) << 10) | 120);
  }
  const share: f32 = 0.3 / sqrt<f32>(<f32>n);
  for (let k: i32 = 0; k < rows * inputBytes; k += 4)
    if (k % inputBytes < (n + repeats) << 3) store<f32>(weights + k, share);
  for (let k: i32 = inputBytes; k <= rows * inputBytes; k += inputBytes)
    for (let e = 0; e < experts; e++) store<f32>(weights + k - 8 - (e << 2), 1.2);
}

/** Closes a payload that was written, and returns its end. */
export function close(): usize {
  shift(1);
  if (low) store<u8>(stream++, (low >> 24) + 1);
  return stream;
}

/** Shifts out what both ends of the interval begin with; of the empty one at the start that is four bytes. */
function shift(encoding: i32): void {
  while (!((low ^ high) & 0xff000000)) {
    if (encoding) store<u8>(stream, high >> 24);
    else word = (word << 8) | load<u8>(stream);
    stream++;
    low <<= 8;
    high = (high << 8) | 255;
  }
}

/** Whether a decision comes before the bits: whether the byte is another than `sole`. */
function isFirst(bit: i32): boolean {
  return sole >= 0 && bit > 7;
}

/** The decision of a byte at a bit. */
function bitOf(byte: i32, bit: i32): i32 {
  return isFirst(bit) ? i32(byte !== sole) : (byte >> bit) & 1;
}

/** Codes the byte at `i` of the data, which an encoder has put there, and returns it. */
export function code(i: i32, encoding: i32): i32 {
  const rate: f32 = rateEnd + 0.016 / (1 + <f32>i / 4096);
  const c1 = i ? <i32>load<u8>(i - 1, DATA) : 0;
  const refineContext = load<i32>(REFINE) * 0x2f0b4c47;
  const first = 7 + (i32(sole >= 0) & ~isOther);
  let node = 8 - first;
  if (!isOther) chance = 1;
  isOther = 0;
  for (let bit = first; bit >= 0; bit--) {
    if (bit === first || bit === 7 || bit === 3) findBuckets(bit === first, node);
    const input = INPUTS + ((bit & 7) << 10);
    const last = input + inputBytes;
    if (box && bit === 7) opine(EXPERT + ((experts - 1) << 10));
    store<f32>(last - 4, 0.4);
    for (let k = 0; k < experts; k++)
      store<f32>(last - 8 - (k << 2), load<f32>(EXPERT + (k << 10) + (node << 2)));
    gather(input, bit, node);
    // Their lines are asked for before they are needed.
    let ra = REFINE_A + (((c1 * 0x25d1 + node * 61) & 16383) << 6);
    let rb = REFINE_B + ((((refineContext >>> 16) ^ (node * 61)) & 4095) << 6);
    store<f32>(REFINE, load<f32>(ra) + load<f32>(rb), 8);

    store<i32>(SELECT, node);
    let dot: f32 = 0;
    const top = TOP + (node << 6);
    for (let m = 0; m < sets; m++) {
      let w: usize = weights + load<i32>(m << 2, SELECT) * inputBytes;
      let sum = f32x4.splat(0);
      for (let x: usize = input; x < last; x += 16, w += 16)
        sum = f32x4.add(sum, f32x4.mul(v128.load(x), v128.load(w)));
      const d = clip(sumOf(sum));
      store<f32>(m << 2, d, DOTS);
      dot += d * load<f32>(top + (m << 2));
    }
    dot = clip(dot);
    const mixed = squash(dot);

    // Two refinements learn by how much the mix is wrong in a context, and are averaged with it.
    const t: f32 = max<f32>(-7.49, min<f32>(7.49, dot)) + 7.5;
    const ti = (<usize>(<i32>t)) << 2;
    const tw: f32 = t - <f32>(<i32>t);
    ra += ti;
    rb += ti;
    const refined: f32 =
      (load<f32>(ra) + load<f32>(rb)) * (1 - tw) + (load<f32>(ra, 4) + load<f32>(rb, 4)) * tw;
    let p = <i32>((mixed + refined * 0.35) * 65536);
    p = max(1, min(65535, p));

    const y = decide(p, encoding ? bitOf(load<u8>(i, DATA), bit) : 0, encoding);
    const error: f32 = (<f32>y - mixed) * 0.0015;
    for (let m = 0; m < sets; m++) {
      let w: usize = weights + load<i32>(m << 2, SELECT) * inputBytes;
      const d = load<f32>(m << 2, DOTS);
      store<f32>(top + (m << 2), load<f32>(top + (m << 2)) + error * d);
      const miss: f32 = <f32>y - squash(d);
      if (abs(miss) < 0.01) continue;
      const step = f32x4.splat(miss * rate);
      for (let x: usize = input; x < last; x += 16, w += 16)
        v128.store(w, f32x4.add(v128.load(w), f32x4.mul(step, v128.load(x))));
    }
    const up = usize(tw > 0.5) << 2;
    ra += up;
    rb += up;
    const gap: f32 = <f32>y - squash(<f32>(ti + up) * 0.25 - 7.5);
    store<f32>(ra, load<f32>(ra) + (gap - load<f32>(ra)) * 0.02);
    store<f32>(rb, load<f32>(rb) + (gap - load<f32>(rb)) * 0.02);
    update(y, bit);
    if (isFirst(bit) && !y) {
      node = sole;
      break;
    }
    node = node * 2 + y;
  }
  node &= 255;
  store<u8>(i, node, DATA);
  if (matches) findMatches(i + 1, node);
  return node;
}

/** Turns shares at the leaves of a tree of decisions, whose last parent is `k` bytes from `shares`, into log-odds of each as far as `last`. */
export function decisions(shares: usize, k: i32, last: i32, to: usize): void {
  for (; k >= last; k -= 4) {
    const one = load<f32>(shares + 2 * k, 4);
    const all = one + load<f32>(shares + 2 * k);
    store<f32>(shares + k, all);
    store<f32>(to + k, load<f32>((<usize>(<i32>((one * 4095) / all))) << 2, STRETCH));
  }
}

/** Codes a decision that is 1 with the probability p / 65536; the encoder tells which it is. */
function decide(p: i32, told: i32, encoding: i32): i32 {
  shift(encoding);
  const middle = low + <u32>((<u64>(high - low) * p) >> 16);
  const y = encoding ? told : i32(word <= middle);
  chance *= <f64>(y ? p : 65536 - p) / 65536;
  if (y) high = middle;
  else low = middle + 1;
  return y;
}

/**
 * Codes whether the byte at `i` is another than `sole`, from the first four contexts alone, and returns that; of such a byte
 * `code` then codes the rest. Only for data without repeats.
 */
export function quiet(i: i32, encoding: i32): i32 {
  for (let k: i32 = 0; k < 16; k += 4) {
    const a = QUIET_P + (k << 12) + ((load<u32>(k, HASH) & 4095) << 2);
    store<i32>(k, <i32>a, PLACE);
    store<f32>(k, stretch(a), INPUTS);
  }
  const x = v128.load(INPUTS);
  const w = v128.load(QUIET_W);
  const p = squash(clip(sumOf(f32x4.mul(x, f32x4.add(w, f32x4.splat(0.3))))));
  chance = 1;
  isOther = decide(
    max(1, min(65535, <i32>(p * 65536))),
    encoding ? i32(load<u8>(i, DATA) !== sole) : 0,
    encoding,
  );
  learn(isOther, PLACE + 16);
  v128.store(QUIET_W, f32x4.add(w, f32x4.mul(x, f32x4.splat((<f32>isOther - p) * 0.002))));
  if (!isOther) store<u8>(i, sole, DATA);
  return isOther;
}

/** How often the bits at a bucket's root were seen: of two places for a bucket the less used one is taken over. */
function used(bucket: usize): u32 {
  const s = load<u16>(bucket, 2);
  return (s >> 11) + ((s >> 6) & 31);
}

/**
 * A bucket is a check and 15 slots of 16 bits, and serves a nibble. One half of a cache line is for what comes first in a
 * byte, and the other for what followed it first; what else followed lies in the same page.
 */
function findBuckets(first: bool, node: i32): void {
  // All addresses come first, and their lines are asked for together, so that the waits for memory overlap.
  for (let k: i32 = 0; k < contexts << 2; k += 4) {
    let a: usize;
    if (first) {
      let h = (load<i32>(k, HASH) ^ ((k + 4) * 0x9e3779b1)) * 0x85ebca6b;
      h = (h ^ (h >>> 15)) * 0x2f0b4c47;
      store<i32>(k, (h >>> 16) | 1, CHECK);
      a = (((h ^ (h >>> 14)) * 0x9e3779b1) & mask) + <i32>table;
    } else {
      a = load<i32>(k, HOME) ^ 32;
      if (<i32>load<u16>(a) !== (load<i32>(k, CHECK) ^ (node << 3))) a ^= node << 6;
    }
    store<i32>(k, <i32>a, SLOT);
    store<i32>(k, load<u16>(a), PLACE);
  }
  let known = 256;
  for (let k: i32 = 0; k < contexts << 2; k += 4) {
    let a: usize = load<i32>(k, SLOT);
    let b = a ^ 64;
    let check = load<i32>(k, CHECK);
    if (!first) {
      b = load<i32>(k, HOME) ^ 32;
      check ^= node << 3;
    }
    if (load<i32>(k, PLACE) !== check) {
      if (<i32>load<u16>(b) === check) a = b;
      else {
        if (used(a) > used(b)) a = b;
        v128.store(a, i32x4.splat(0));
        v128.store(a, i32x4.splat(0), 16);
        store<u16>(a, check);
      }
    }
    store<i32>(k, <i32>a, BASE);
    if (first) store<i32>(k, <i32>a, HOME);
    known += i32(load<u16>(a, 2) !== 0);
  }
  store<i32>(4, known, SELECT);
}

/** What the probability at a place says, in log-odds. */
function stretch(at: usize): f32 {
  return load<f32>((load<u32>(at) >> 20) << 2, STRETCH);
}

/**
 * Three inputs a context: what its counts of zeros and ones say, what followed its last bits here, and the first once more, its
 * sign changed where both bits were seen, so that the mixer trusts the two cases apart. Then the repeats, and their lengths.
 */
function gather(input: usize, bit: i32, node: i32): void {
  const place =
    (isFirst(bit) ? 1 : bit > 3 ? node : (node & ((1 << (3 - bit)) - 1)) | (1 << (3 - bit))) << 1;
  let x: usize = PLACE;
  const third = input + ((contexts + matches) << 3);
  for (let k: i32 = 0; k < contexts << 2; k += 4, x += 8, input += 8) {
    const a: usize = load<i32>(k, BASE) + place;
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
  for (let m = 0; matches && m < matches << 2; m += 4) {
    const at = MATCH + (m << 3);
    const byte = load<i32>(at, 12);
    let second: f32 = 0;
    let z = m << 3;
    if (byte) {
      const expected = bitOf(byte & 255, bit);
      z |= load<i32>(at, 8) | (expected << 8);
      second = <f32>(min(load<i32>(at, 4), 32) * (expected * 2 - 1)) / 16;
    }
    z = REPEAT_P + (z << 2);
    store<i32>(x + m, z);
    store<f32>(input + m, stretch(z));
    store<f32>(input + (matches << 2) + m, second);
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
      i32x4.sub(n, i32x4.lt_s(n, i32x4.splat(1000))),
    );
    v128.store_lane<u32>(a, s, 0);
    v128.store_lane<u32>(b, s, 1);
    v128.store_lane<u32>(c, s, 2);
    v128.store_lane<u32>(d, s, 3);
  }
}

/**
 * Teaches the bit to all that had a say. A slot: how many zeros and ones (5 bits each), and the last five bits behind a one. From
 * eight on counts rise by chance (Morris, 1978), which is drawn from the coder's interval, as both sides know it; the count that
 * can rise no more lowers the other.
 */
function update(y: i32, bit: i32): void {
  for (let m = 0; matches && m < matches; m++) {
    const at = MATCH + (m << 5);
    // A repeat that errs is forgotten.
    if (bitOf(load<u8>(at, 12), bit) !== y) {
      store<i32>(at, 0, 4);
      store<i32>(at, 0, 12);
    }
  }
  learn(y, PLACE + (((contexts << 1) + matches) << 2));
  let dice = (low ^ high) * 0x9e3779b1;
  const shift = y ? 6 : 11;
  for (let k: i32 = 0; k < contexts << 2; k += 4) {
    const a: usize = load<i32>(k, SLOT);
    let s = <i32>load<u16>(a);
    const n = (s >> shift) & 31;
    dice = dice * 0x2c9277b5 + 1;
    // Without branches, since none could be foreseen.
    const rises = i32(n < 8) | i32(!(dice >>> (33 - (n >> 2))));
    if (n < 31) s += rises << shift;
    else if (rises && (s >> (17 - shift)) & 30) s -= 1 << (17 - shift);
    const h = (max(1, s & 63) << 1) + y;
    store<u16>(a, (s & 0xffc0) | select(h, (h & 31) | 32, h < 64));
  }
}

/** Repeats: each follows the last place where the same bytes stood, for as long as it predicts well. */
function findMatches(i: i32, c1: i32): void {
  for (let m = 0; m < matches; m++) {
    const state = MATCH + (m << 5);
    const least = load<i32>(state, 20);
    let at = load<i32>(state);
    let length = load<i32>(state, 4);
    if (length && <i32>load<u8>(at, DATA) === c1) {
      at++;
      length += i32(length < 65535);
    } else length = 0;
    // The bytes before are shifted out of the key one by one, about as many as the repeat has to have.
    const key = load<i32>(state, 16) * (0x2f0b4c47 << (31 / least + 1)) + c1 + 1;
    store<i32>(state, key, 16);
    const place: usize =
      recent + (((m << recentBits) + ((key * 0x9e3779b1) >>> (32 - recentBits))) << 2);
    if (!length) {
      at = load<i32>(place);
      if (at > 0) {
        while (
          length < 32 &&
          at > length &&
          load<u8>(at - 1 - length, DATA) === load<u8>(i - 1 - length, DATA)
        )
          length++;
        if (length < least) length = 0;
      }
    }
    store<i32>(place, i);
    store<i32>(state, at);
    store<i32>(state, length, 4);
    store<i32>(
      state,
      length < 16
        ? length
        : length < 32
          ? 16 + ((length - 16) >> 2)
          : length < 512
            ? 20 + (length >> 6)
            : 28 + i32(length >= 2048),
      8,
    );
    store<i32>(state, length ? load<u8>(at, DATA) | 256 : 0, 12);
  }
}
