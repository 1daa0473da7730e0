/** How far the values of one tensor lie from those of another: sums that grow value by value. */
import type { Difference } from './comparison';

export interface Sums {
  count: number;
  /** Pairs of values whose difference is a finite number: the sums are over these. */
  finite: number;
  /** Values that are not the same number on both sides. */
  unequal: number;
  notFinite: number;
  zerosA: number;
  zerosB: number;
  a: number;
  b: number;
  aa: number;
  bb: number;
  ab: number;
  /** Σ(a-b)² */
  noise: number;
  largest: number;
}

export const noSums = (): Sums => ({
  count: 0,
  finite: 0,
  unequal: 0,
  notFinite: 0,
  zerosA: 0,
  zerosB: 0,
  a: 0,
  b: 0,
  aa: 0,
  bb: 0,
  ab: 0,
  noise: 0,
  largest: 0,
});

/** Adds values that belong together. */
export function addValues(sums: Sums, as: Float64Array, bs: Float64Array): void {
  let { finite, unequal, notFinite, zerosA, zerosB, a, b, aa, bb, ab, noise, largest } = sums;
  for (let i = 0; i < as.length; i++) {
    const one = as[i];
    const other = bs[i];
    if (one === 0) zerosA++;
    if (other === 0) zerosB++;
    const error = Math.abs(one - other);
    if (error < Infinity) {
      finite++;
      if (error > 0) unequal++;
      if (error > largest) largest = error;
      noise += error * error;
      a += one;
      b += other;
      aa += one * one;
      bb += other * other;
      ab += one * other;
    } else if (!Object.is(one, other)) {
      unequal++;
      notFinite++;
    }
  }
  const count = sums.count + as.length;
  Object.assign(sums, {
    count,
    finite,
    unequal,
    notFinite,
    zerosA,
    zerosB,
    a,
    b,
    aa,
    bb,
    ab,
    noise,
    largest,
  });
}

/** The sums of two parts together. */
export function addSums(one: Sums, other: Sums): Sums {
  const keys = Object.keys(one) as (keyof Sums)[];
  const both = Object.fromEntries(keys.map((key) => [key, one[key] + other[key]]));
  return { ...noSums(), ...both, largest: Math.max(one.largest, other.largest) };
}

export function differenceOf(sums: Sums): Difference {
  const { count, aa, bb, ab, noise, unequal, notFinite, largest } = sums;
  const share = (zeros: number): number => zeros / Math.max(1, count);
  const equal = unequal === 0;
  const sqnr = 10 * Math.log10(aa / noise);
  const relativeError = equal ? 0 : Math.sqrt(noise / aa);
  const cosine = ab / (Math.sqrt(aa) * Math.sqrt(bb));
  // Squares of the largest numbers are beyond what a number holds, those of the smallest ones zero.
  const isSummed = aa < Infinity && bb < Infinity;
  return {
    equal,
    ...(Number.isFinite(sqnr) && { sqnr }),
    ...((equal || (isSummed && noise > 0 && aa > 0)) && { relativeError }),
    ...((equal || largest > 0) && { largestError: largest }),
    ...(isSummed && Number.isFinite(cosine) && { cosine: Math.min(1, cosine) }),
    sparsity: { a: share(sums.zerosA), b: share(sums.zerosB) },
    ...(notFinite > 0 && { notFinite }),
  };
}

/** Pearson's correlation, which tells values in another order apart though all be positive; undefined where a side is constant. */
export function correlationOf({ finite: n, a, b, aa, bb, ab }: Sums): number | undefined {
  const spread = (n * aa - a * a) * (n * bb - b * b);
  return spread > 0 ? (n * ab - a * b) / Math.sqrt(spread) : undefined;
}
