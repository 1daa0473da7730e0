// Log-odds and back, by tables (AssemblyScript).
import { SQUASH, STRETCH } from './map';

/** Fills the tables by small steps from the middle outwards: their inverse is only as exact as it need be. */
export function fillLogistic(): void {
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
}

/** The nearest integer to `x`, which is within 2^22, in the low bits, with `nearest(0)` in all: a conversion would be slower, as it asks what else `x` may be. */
// @inline
export function nearest(x: f32): i32 {
  return reinterpret<i32>(x + 12582912);
}

/** The probability at log-odds that were clipped. */
export function squash(d: f32): f32 {
  return load<f32>(((<usize>nearest(d * 170.6 + 2048)) << 2) & 0x3ffc, SQUASH);
}

/** What the probability at a place says, in log-odds. */
export function stretch(at: usize): f32 {
  return load<f32>((load<u32>(at) >> 20) << 2, STRETCH);
}

/** Log-odds within the tables. */
export function clip(d: f32): f32 {
  return d < -11.9 ? -11.9 : d > 11.9 ? 11.9 : d;
}
