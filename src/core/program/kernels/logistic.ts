// Log-odds and back, by tables (AssemblyScript).
import { CODE, SQUASH, STRETCH, TOP } from './map';

/**
 * Fills the tables by small steps, so that each is the other's inverse only as exactly as it need be; with them the tree of bits, in
 * which all bytes are eight decisions deep (the host may put that of a file in its place), and the weights `share` at the top.
 */
export function fillTables(share: f32): void {
  let s: f32 = 0.00000631;
  let t: f32 = -8.9;
  for (let k: usize = 0; k < 4096;) {
    store<f32>(k << 2, share, TOP);
    store<u16>(k << 1, <u16>(k ^ 256), CODE);
    store<f32>(k << 2, s, SQUASH);
    store<f32>(k << 2, t, STRETCH);
    s += (s * (1 - s)) / 170.6;
    const q = <f32>++k;
    t += 1 / (q * (1 - q / 4096));
  }
}

/** The nearest integer to `x`, which is within 2^22, in the low bits, with `nearest(0)` in all: a conversion would be slower, as it asks what else `x` may be. */
// @inline
export function nearest(x: f32): i32 {
  return reinterpret<i32>(x + 12582912);
}

/** The probability at log-odds. */
export function squash(x: f32): f32 {
  const d: f32 = max<f32>(-11.9, min<f32>(11.9, x));
  return load<f32>(((<usize>nearest(d * 170.6 + 2048)) << 2) & 0x3ffc, SQUASH);
}

/** What the probability at a place says, in log-odds. */
export function stretch(at: usize): f32 {
  return load<f32>((load<u32>(at) >> 20) << 2, STRETCH);
}
