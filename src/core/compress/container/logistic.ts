/** The logistic function and its inverse as tables, from which the kernel interpolates: the same bits in every engine. */

/** Logits beyond this are cut off: e^-12 is about 2/5 of the smallest probability that the coder takes. */
const LIMIT = 12;
const SQUASH_STEPS = 4096;
const STRETCH_STEPS = 4096;

/** 1 / (1 + e^-x) at 4097 places over [-12, 12], and one more. */
export const squashTable = Float64Array.from({ length: SQUASH_STEPS + 2 }, (_, i) => {
  // The series is summed for positive arguments only, where no digits cancel.
  const x = (i * 2 * LIMIT) / SQUASH_STEPS - LIMIT;
  return x < 0 ? 1 / (1 + exponential(-x)) : 1 - 1 / (1 + exponential(x));
});

/** ln(p / (1 - p)) in the middle of each 1/4096. */
export const stretchTable = Float64Array.from({ length: STRETCH_STEPS }, (_, i) => {
  const p = (i + 0.5) / STRETCH_STEPS;
  return logarithm(p) - logarithm(1 - p);
});

/** e^x as a power series: Math.exp may differ in the last bit between engines. */
function exponential(x: number): number {
  let sum = 1;
  let term = 1;
  for (let n = 1; n < 90; n++) {
    term *= x / n;
    sum += term;
  }
  return sum;
}

/** ln z as 2 artanh((z - 1) / (z + 1)), after z is brought to [1/2, 1]. */
function logarithm(z: number): number {
  let halvings = 0;
  while (z < 0.5) {
    z *= 2;
    halvings++;
  }
  const y = (z - 1) / (z + 1);
  let sum = 0;
  let term = y;
  for (let n = 1; n < 40; n += 2) {
    sum += term / n;
    term *= y * y;
  }
  return 2 * sum - halvings * 0.6931471805599453;
}
