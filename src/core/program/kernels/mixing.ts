// The predictor of one byte (AssemblyScript, SIMD): hashed contexts, repeats, a gated mixer and two refinements. The encoder
// runs this module, and every emitted program what decoder.ts leaves of it. Floats are single precision in a fixed order, so that all engines agree.
//
// The host writes the contexts of the byte at HASH, the rows of its weight sets at SELECT and the refinement's context at
// REFINE, then calls `code`. What engine.ts says of the map of the memory is said here again, since a kernel imports nothing.

const HASH: usize = 0x1000; // i32 per context
const SELECT: usize = 0x1100; // i32 per weight set: its row; the first two are chosen here
const REFINE: usize = 0x1140;
const SOLE: usize = 0x1150; // i32: one more than the byte that has a decision of its own before the bits of the others; 0 for none
const EXPERTS: usize = 0x1154; // i32: 1 where a network has its say
const EXPERT: usize = 0x11c0; // f32 for each of the first 16 decisions: what it says, in log-odds
const DOTS: usize = 0x1180; // f32 per weight set
const MATCH: usize = 0x1200; // 32 bytes per repeat: at, length, bucket, expected byte, slot of its probability, least length
const BASE: usize = 0x1400; // i32 per context, and so on: the bucket of this nibble
const SLOT: usize = 0x1500;
const PAST: usize = 0x1600; // where the probability after the slot's last bits stands
const FIRST: usize = 0x1700; // the bucket of the first nibble
const FIRST_CHECK: usize = 0x1800;
const RUN: usize = 0x1900; // last byte << 8 | how often in a row
const RUN_SLOT: usize = 0x1a00;
const PLACE: usize = 0x1b00; // where this nibble's bucket should be, and what it says if it is there
const CHECK: usize = 0x1c00;
const INPUTS: usize = 0x2000; // f32[8][256]: what each bit of a byte was predicted from
const STRETCH: usize = 0x4000; // f32[4096]
const SQUASH: usize = 0x8000; // f32[4096]
const PACE: usize = 0xc000; // i32[1024]: 2^15 / (n + 1.2)
const TOP: usize = 0x10000; // f32[256][16]: weights of the sets' opinions
const RECENT_P: usize = 0x18000; // u32 per repeat and length
const RUN_P: usize = 0x20000; // u32 per context and run
const PAST_P: usize = 0x40000; // u32 per context, count and last bits
const REFINE_A: usize = 0x100000; // f32[65536][16], so that a context is one cache line
const REFINE_B: usize = 0x500000;
const DATA: usize = 0x900000;

let contexts: i32 = 0;
let sets: i32 = 0;
let matches: i32 = 0;
let experts: i32 = 0;
let inputBytes: i32 = 0;
let recent: usize = 0;
let weights: usize = 0;
let table: usize = 0;
let mask: i32 = 0;
let low: u32 = 0;
let high: u32 = 0;
let word: u32 = 0;
let stream: usize = 0;
let rateEnd: f32 = 0;
let memoryLimit: i32 = 0;

/** Product of the probabilities that the last byte's bits were given. */
export let chance: f64 = 1;

function probability(at: usize): f32 {
  return load<f32>((load<u32>(at) >> 20) << 2, STRETCH);
}

/** 22 bits of probability and 10 bits of count, which sets the pace. */
function learn(at: usize, y: i32, limit: i32): void {
  const s = load<u32>(at);
  const n = s & 1023;
  const p = s >> 10;
  const pace = load<i32>(n << 2, PACE);
  store<u32>(
    at,
    ((p + <u32>((<i64>((y << 22) - y - <i32>p) * pace) >> 15)) << 10) | (n + <u32>(<i32>n < limit)),
  );
}

function squash(d: f32): f32 {
  return load<f32>((<usize>(<i32>(d * 170.6 + 2048.5))) << 2, SQUASH);
}

function clip(d: f32): f32 {
  return max<f32>(-11.9, min<f32>(11.9, d));
}

/** Places everything that depends on the file, and fills the tables. `at` is where the payload is read or written. */
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
  memory: i32,
): void {
  contexts = n;
  sets = selectors + 2;
  matches = repeats;
  experts = load<i32>(EXPERTS);
  inputBytes = ((3 * n + 2 * repeats + experts + 4) & ~3) << 2;
  stream = at;
  recent = recentAt;
  weights = weightsAt;
  table = tableAt;
  mask = tableMask;
  rateEnd = rate;
  memoryLimit = memory;
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
    if (k < 1024) store<i32>(k << 2, <i32>(32768 / (<f64>k + 1.2)), PACE);
  }
  for (let k: usize = 0; k < 0x4000; k += 4) store<f32>(k, 1 / <f32>sets, TOP);
  for (let k: usize = RECENT_P; k < RUN_P; k += 4) store<u32>(k, 0xc0000000);
  for (let k: usize = RUN_P; k < PAST_P; k += 4) store<u32>(k, 0xc0000000);
  for (let k: usize = PAST_P; k < REFINE_A; k += 4) store<u32>(k, 0x80000000);
  const share: f32 = 0.3 / sqrt<f32>(<f32>n);
  for (let k: i32 = 0; k < rows * inputBytes; k += 4) store<f32>(weights + k, share);
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

/** The decision of a byte at a bit; before the first, whether it is another byte than `sole`. */
function bitOf(byte: i32, bit: i32, sole: i32): i32 {
  return bit > 7 ? i32(byte !== sole) : (byte >> bit) & 1;
}

/** Codes the byte at `i` of the data, which an encoder has put there, and returns it. */
export function code(i: i32, encoding: i32): i32 {
  const rate: f32 = rateEnd + 0.016 / (1 + <f32>i / 4096);
  const c1 = i ? <i32>load<u8>(i - 1, DATA) : 0;
  const refineContext = load<i32>(REFINE) * 0x2f0b4c47;
  const sole = load<i32>(SOLE) - 1;
  const first = 7 + i32(sole >= 0);
  let node = 8 - first;
  chance = 1;
  for (let bit = first; bit >= 0; bit--) {
    if (bit === first || bit === 7 || bit === 3) findBuckets(bit === first, node);
    const input = INPUTS + ((bit & 7) << 10);
    const last = input + inputBytes;
    store<f32>(last - 4, 0.4);
    if (experts) store<f32>(last - 8, node < 16 ? load<f32>(EXPERT + (node << 2)) : 0);
    gather(input, bit, node, sole);
    // Their lines are asked for before they are needed.
    let ra = REFINE_A + ((node | (c1 << 8)) << 6);
    let rb = REFINE_B + ((((refineContext >>> 16) ^ (node * 61)) & 65535) << 6);
    store<f32>(REFINE, load<f32>(ra) + load<f32>(rb), 8);

    store<i32>(SELECT, node);
    let dot: f32 = 0;
    const top = TOP + (node << 6);
    for (let m = 0; m < sets; m++) {
      let w: usize = weights + load<i32>(m << 2, SELECT) * inputBytes;
      let sum = f32x4.splat(0);
      for (let x: usize = input; x < last; x += 16, w += 16)
        sum = f32x4.add(sum, f32x4.mul(v128.load(x), v128.load(w)));
      const d = clip(
        f32x4.extract_lane(sum, 0) +
          f32x4.extract_lane(sum, 1) +
          f32x4.extract_lane(sum, 2) +
          f32x4.extract_lane(sum, 3),
      );
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

    shift(encoding);
    const middle = low + <u32>((<u64>(high - low) * p) >> 16);
    const y = encoding ? bitOf(load<u8>(i, DATA), bit, sole) : i32(word <= middle);
    chance *= <f64>(y ? p : 65536 - p) / 65536;
    if (y) high = middle;
    else low = middle + 1;

    const error: f32 = (<f32>y - mixed) * 0.0015;
    for (let m = 0; m < sets; m++) {
      let w: usize = weights + load<i32>(m << 2, SELECT) * inputBytes;
      const d = load<f32>(m << 2, DOTS);
      store<f32>(top + (m << 2), load<f32>(top + (m << 2)) + error * d);
      const step = f32x4.splat((<f32>y - squash(d)) * rate);
      for (let x: usize = input; x < last; x += 16, w += 16)
        v128.store(w, f32x4.add(v128.load(w), f32x4.mul(step, v128.load(x))));
    }
    const up = usize(tw > 0.5) << 2;
    ra += up;
    rb += up;
    const gap: f32 = <f32>y - squash(<f32>(ti + up) * 0.25 - 7.5);
    store<f32>(ra, load<f32>(ra) + (gap - load<f32>(ra)) * 0.02);
    store<f32>(rb, load<f32>(rb) + (gap - load<f32>(rb)) * 0.02);
    update(y, bit, sole);
    if (bit > 7 && !y) {
      node = sole;
      break;
    }
    node = node * 2 + y;
  }
  node &= 255;
  store<u8>(i, node, DATA);
  for (let k = 0; k < contexts << 2; k += 4) {
    const a: usize = load<i32>(k, FIRST);
    const s = load<u32>(a);
    if (s >> 16 === load<u32>(k, FIRST_CHECK)) {
      const run = s & 255;
      store<u16>(a, (node << 8) | (((s >> 8) & 255) === node && run ? min(run + 1, 255) : 1));
    }
  }
  findMatches(i + 1, node);
  return node;
}

/** A bucket of 16 slots serves a nibble; of two places for it the less used one is taken over. */
function findBuckets(first: bool, node: i32): void {
  // All addresses come first, and their lines are asked for together, so that the waits for memory overlap.
  for (let k: i32 = 0; k < contexts << 2; k += 4) {
    let a: i32;
    let check: i32;
    if (first) {
      let h = (load<i32>(k, HASH) ^ ((k + 4) * 0x9e3779b1)) * 0x85ebca6b;
      h = (h ^ (h >>> 15)) * 0x2f0b4c47;
      check = (h >>> 16) | 1;
      a = (((h ^ (h >>> 14)) * 0x9e3779b1) & mask) + <i32>table;
    } else {
      // The buckets of what follows lie in the page of the first.
      a = load<i32>(k, PLACE) ^ (node << 6);
      check = load<i32>(k, CHECK) ^ (node << 3);
    }
    store<i32>(k, a, PLACE);
    store<i32>(k, check, CHECK);
    store<i32>(k, load<i32>(a), SLOT);
  }
  let known = 256;
  for (let k: i32 = 0; k < contexts << 2; k += 4) {
    let a = load<i32>(k, PLACE);
    const check = load<i32>(k, CHECK);
    if (load<i32>(k, SLOT) >>> 16 !== check) {
      const b = a ^ 64;
      if (<i32>load<u16>(b, 2) === check) a = b;
      else {
        if (load<u8>(a, 4) > load<u8>(b, 4)) a = b;
        v128.store(a, i32x4.splat(0));
        v128.store(a, i32x4.splat(0), 16);
        v128.store(a, i32x4.splat(0), 32);
        v128.store(a, i32x4.splat(0), 48);
        store<u16>(a, check, 2);
      }
    }
    store<i32>(k, a, BASE);
    known += i32(load<u32>(a, 4) !== 0);
    if (first) {
      store<i32>(k, a, FIRST);
      store<i32>(k, check, FIRST_CHECK);
      store<i32>(k, load<u16>(a), RUN);
    }
  }
  store<i32>(4, known, SELECT);
}

/** Three inputs a context: its probability, what followed its last bits elsewhere, and the byte that ran on in it. */
function gather(x: usize, bit: i32, node: i32, sole: i32): void {
  const place =
    (bit > 7 ? 1 : bit > 3 ? node : (node & ((1 << (3 - bit)) - 1)) | (1 << (3 - bit))) << 2;
  for (let k: i32 = 0; k < contexts << 2; k += 4, x += 12) {
    const a: usize = load<i32>(k, BASE) + place;
    store<i32>(k, <i32>a, SLOT);
    const s = load<u32>(a);
    let first: f32 = 0;
    let second: f32 = 0;
    let third: f32 = 0;
    if (s) {
      const q: usize =
        PAST_P + (((k << 9) | ((29 - clz<i32>((s & 255) | 7)) << 8) | ((s >> 8) & 255)) << 2);
      store<i32>(k, <i32>q, PAST);
      first = load<f32>((s >> 20) << 2, STRETCH);
      second = probability(q);
    }
    store<f32>(x, first);
    store<f32>(x, second, 4);
    const r = load<i32>(k, RUN);
    let z: usize = 0;
    if (r && ((r >> 8) | 256) >> (bit + 1) === node) {
      const expected = bitOf(r >> 8, bit, sole);
      z = RUN_P + (((k << 7) | (r & 255) | (expected << 8)) << 2);
      third = probability(z);
      if (!expected) third = -third;
    }
    store<i32>(k, <i32>z, RUN_SLOT);
    store<f32>(x, third, 8);
  }
  for (let m = 0; m < matches; m++, x += 8) {
    const at = MATCH + (m << 5);
    const byte = load<i32>(at, 12);
    let first: f32 = 0;
    let second: f32 = 0;
    let z: usize = 0;
    if (byte && byte >> (bit + 1) === node) {
      const length = load<i32>(at, 4);
      z = RECENT_P + (((m << 6) | load<i32>(at, 8)) << 2);
      first = probability(z);
      second = <f32>min(length, 32) / 16;
      if (!bitOf(byte & 255, bit, sole)) {
        first = -first;
        second = -second;
      }
    }
    store<i32>(at, <i32>z, 16);
    store<f32>(x, first);
    store<f32>(x, second, 4);
  }
}

/** Teaches the bit to every slot that had a say. A slot: probability (16 bits), the last seven bits seen (8), their count (8). */
function update(y: i32, bit: i32, sole: i32): void {
  for (let m = 0; m < matches; m++) {
    const at = MATCH + (m << 5);
    const z: usize = load<i32>(at, 16);
    if (z) {
      const right = i32(bitOf(load<u8>(at, 12), bit, sole) === y);
      learn(z, right, 100);
      if (!right) {
        store<i32>(at, 0, 4);
        store<i32>(at, 0, 12);
      }
    }
  }
  for (let k: i32 = 0; k < contexts << 2; k += 4) {
    const a: usize = load<i32>(k, SLOT);
    const s = load<u32>(a);
    const n = s & 255;
    let h = (s >> 8) & 255;
    let v: i32 = s ? s >> 16 : 32768;
    if (s) learn(load<i32>(k, PAST), y, 250);
    v += ((y * 65535 - v) * load<i32>(min<i32>(n, memoryLimit) << 2, PACE)) >> 15;
    h = s ? (h < 128 ? h * 2 + y : 128 | ((h * 2) & 127) | y) : 2 + y;
    store<u32>(a, (v << 16) | (h << 8) | (n + u32(n < 255)));
    const z: usize = load<i32>(k, RUN_SLOT);
    if (z) learn(z, i32(<i32>((z >> 10) & 1) === y), 50);
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
    if (i > least) {
      let key = 0;
      for (let j = 1; j <= least; j++) key = (key + load<u8>(i - j, DATA) + 1) * 0x2f0b4c47;
      const place: usize = recent + (((m << 20) + ((key ^ (key >>> 15)) >>> 12)) << 2);
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
    }
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
