/** IEEE 754 half precision (binary16): 1 sign, 5 exponent and 10 fraction bits. */

const float = new Float32Array(1);
const word = new Uint32Array(float.buffer);

/** The 16 bits of the half nearest to `value`, ties to even; too large becomes infinity. */
export function toHalf(value: number): number {
  float[0] = value;
  const bits = word[0];
  const sign = (bits >>> 16) & 0x8000;
  const exponent = ((bits >>> 23) & 0xff) - 127 + 15;
  const fraction = bits & 0x7fffff;
  if (exponent >= 31) return sign | 0x7c00 | (exponent === 143 && fraction ? 0x200 : 0);
  if (exponent < -10) return sign;
  // Below the normal range the implicit one becomes visible and moves right.
  const shift = exponent > 0 ? 13 : 14 - exponent;
  const significand = exponent > 0 ? (exponent << 23) | fraction : fraction | 0x800000;
  const half = significand >>> shift;
  const rest = significand & ((1 << shift) - 1);
  const middle = 1 << (shift - 1);
  // A carry out of the fraction runs into the exponent, which is what rounding up wants.
  return (sign | half) + (rest > middle || (rest === middle && half & 1) ? 1 : 0);
}

/** The value of a half given as 16 bits; every half is exactly a float32. */
export function fromHalf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >>> 10) & 31;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * (1024 + fraction) * 2 ** (exponent - 25);
}

/** The half nearest to `value`, as a number. */
export function roundToHalf(value: number): number {
  return fromHalf(toHalf(value));
}

/** Whether every value survives the trip through a half. */
export function fitsHalf(values: ArrayLike<number>): boolean {
  for (let i = 0; i < values.length; i++) {
    if (!Object.is(roundToHalf(values[i]), values[i])) return false;
  }
  return true;
}
