// What is expected of a byte by recursive least squares on bytes before it (AssemblyScript, SIMD), and what is thought of its
// decisions by the errors that were made, in a fixed order of floats; see model/expected.ts.
import { centre, centreOn, root } from './around';
import { nearest } from './logistic';
import { DATA, DISTANCES, STRETCH } from './map';

const FEATURES: usize = 0x250100; // f64[32]: the bytes at DISTANCES
const GAIN: usize = 0x250200; // f64[32]
/** 32 KB a channel: f32[4096], by how much more than four the breadth of errors is in each manner, and the following. */
const CHANNELS: usize = 0x258000;
const BELOW: usize = 0x4000; // f64[33]: errors below each place
const FACTORS: usize = 0x4180; // f64[32]
const MATRIX: usize = 0x4280; // f64[features][features]: the inverse of what they had in common

/** One byte of a channel in so many teaches, a power of two, as in model/expected.ts. */
const every = 4;
/** So much of what was learned is left after a lesson. */
const memoryLeft: f64 = 0.998;

/** What is known of the byte's channel; 0 of programs that expect nothing. */
export let known: usize = 0;
let row: usize = 0;
let lesson: i32 = 0;
let mean: f64 = 0;
let breadth: f32 = 0;
let breadthAt: usize = 0;
/** Errors below the least value that a node leaves, below the one that it asks for, and below what is above the greatest. */
let low: f64 = 0;
let middle: f64 = 0;
let high: f64 = 0;

/**
 * Says of which channel and in which manner the byte at `i` is, and from how many of those at DISTANCES it is expected, an even
 * number; returns what is expected. The byte before tells by how much it was missed.
 */
export function expect(i: i32, channel: i32, manner: i32, features: usize): i32 {
  // A program of several blocks forgets between them what was learned.
  if (!i) lesson = 0;
  else learn(<f64>load<u8>(i, DATA - 1) - mean);
  known = CHANNELS + (channel << 15);
  lesson += i32(!channel);
  row = features << 3;
  // Both begin anew where rounding has spoilt them.
  const first = load<f64>(known, MATRIX);
  if (!(first > 0 && first < 1e9)) {
    memory.fill(known + MATRIX, 0, row * features);
    for (let k: usize = 0; k < row * features; k += row + 8) store<f64>(known + k, 1, MATRIX);
  }
  mean = 0;
  for (let k: usize = 0; k < row; k += 8) {
    const v = <f64>load<u8>(DATA + i - load<i32>(k >> 1, DISTANCES));
    store<f64>(k, v, FEATURES);
    mean += v * load<f64>(known + k, FACTORS);
  }
  if (!(mean * mean < 1e6)) {
    memory.fill(known + FACTORS, 0, MATRIX + 8 - FACTORS);
    mean = 0;
  }
  breadthAt = known + (manner << 2);
  breadth = load<f32>(breadthAt) + 4.3;
  const whole = <i32>max<f64>(0, min<f64>(255, mean + 0.5));
  centreOn(whole);
  return whole;
}

/** Counts an error and what it says of the breadth of those in its manner; some teach the factors. */
function learn(missed: f64): void {
  const error = <f32>missed;
  for (let k: usize = ((<i32>placeOf(error)) << 2) + 4; k < 132; k += 4)
    store<f32>(known + k, load<f32>(known + k, BELOW) + 1, BELOW);
  const usual = breadth - 0.3;
  store<f32>(breadthAt, usual - 4 + (min<f32>(abs(error), usual * 6 + 1) - usual) / 20);
  if (lesson & (every - 1)) return;
  let power = memoryLeft;
  let p = known;
  for (let j: usize = 0; j < row; j += 8) {
    let sum = f64x2.splat(0);
    for (let k: usize = 0; k < row; k += 16, p += 16)
      sum = f64x2.add(sum, f64x2.mul(v128.load(p, MATRIX), v128.load(k, FEATURES)));
    const g = f64x2.extract_lane(sum, 0) + f64x2.extract_lane(sum, 1);
    store<f64>(j, g, GAIN);
    power += g * load<f64>(j, FEATURES);
  }
  const share = f64x2.splat(1 / (power * memoryLeft));
  const rest = f64x2.splat(1 / memoryLeft);
  p = known;
  for (let j: usize = 0; j < row; j += 8) {
    const g = load<f64>(j, GAIN);
    store<f64>(known + j, load<f64>(known + j, FACTORS) + (g / power) * missed, FACTORS);
    // A product is the same both ways, so that the matrix stays symmetric.
    for (let k: usize = 0; k < row; k += 16, p += 16) {
      const shared = f64x2.mul(f64x2.splat(g), v128.load(k, GAIN));
      const left = f64x2.mul(rest, v128.load(p, MATRIX));
      v128.store(p, f64x2.sub(left, f64x2.mul(share, shared)), MATRIX);
    }
  }
}

/** Where an error stands among 33 places, which lie the closer the smaller errors are. */
function placeOf(error: f32): f32 {
  return 16 + (16 * error) / (breadth + abs(error));
}

/** How many errors would be below a value; before any was made there is a quarter between each two places. */
function below(value: i32): f32 {
  const u = placeOf(<f32>(<f64>max(0, min(256, value)) - 0.5 - mean));
  const at = known + ((<usize>(<i32>u)) << 2);
  const m = load<f32>(at, BELOW);
  return m + u / 4 + (u - floor(u)) * (load<f32>(at, BELOW + 4) - m);
}

/** What is thought of a node's decision, in log-odds; the byte's first one is at bit 7. */
export function thought(node: i32, bit: i32): f32 {
  if (bit === 7) {
    low = below(centre);
    high = below(centre + 256);
  }
  middle = below(centre + (root ? node : (((node << 1) | 1) << bit) & 255));
  const ones = (4095 * (high - middle) + 2048e-9) / (high - low + 1e-9);
  return load<f32>(((<usize>nearest(<f32>ones)) << 2) & 0x3ffc, STRETCH);
}

/** Says what was decided. */
export function follow(y: i32): void {
  if (y) low = middle;
  else high = middle;
}
