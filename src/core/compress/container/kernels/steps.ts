// Amounts as few steps, which contexts are made of (AssemblyScript).

/** A share in fourteen steps, each 1.5 times the one before: 0 is below 1/290, 13 above 2/3. The part counts as a little more. */
export function density(part: i32, scale: f64): i32 {
  return stepOf((<f64>part + 0.4) * scale);
}

/** What makes a part of the whole 1/2048 of it. No part and 0.4 comes near a bound of a step, so that rounding changes none. */
export function scaleOf(whole: i32): f64 {
  return 2048 / <f64>whole;
}

/** A share in 2048 parts, as the same steps. */
export function stepOf(share: f64): i32 {
  return share < 2048 ? unchecked(densitySteps[<i32>share]) : 13;
}

const densitySteps = new StaticArray<u8>(2048);
for (let share = 0; share < 2048; share++) {
  let step = 0;
  for (let bound: f64 = 2048 / 291.0; <f64>share >= bound && step < 13; bound *= 1.5) step++;
  unchecked((densitySteps[share] = <u8>step));
}

/** Mean magnitude so far in sixteen steps; 0 where nothing was seen. */
export function average(sum: i32, count: i32): i32 {
  if (count <= 0) return 0;
  const mean = (sum * 4) / count;
  if (mean < 8) return mean - 3;
  const log = 31 - clz(mean);
  return min(15, 2 * log - 1 + ((mean >> (log - 1)) & 1));
}

/** A magnitude that sums cannot overflow with. */
export function size(level: i32): i32 {
  return min(abs(level), 255);
}

/** 0, or the sign. */
export function sideOf(level: i32): i32 {
  return level > 0 ? 1 : level < 0 ? 2 : 0;
}

/** From 0 for -bound to twice the bound. */
export function clamp(value: i32, bound: i32): i32 {
  return min(max(value, -bound), bound) + bound;
}
