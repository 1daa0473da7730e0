/** Histograms of a parameter's values, as the charts draw them. */

export interface Histogram {
  minimum: number;
  maximum: number;
  /** Equal-width bins over the values that are not zero; zeros are `parameters - nonZero`. */
  counts: number[];
}

/** Counts the values that are not zero in `bins` equal-width bins; all zeros give bins of 0 from 0 to 0. */
export function histogramOf(data: Float32Array, bins = 61): Histogram {
  let minimum = Infinity;
  let maximum = -Infinity;
  for (const value of data) {
    if (value === 0) continue;
    if (value < minimum) minimum = value;
    if (value > maximum) maximum = value;
  }
  const counts = new Array<number>(bins).fill(0);
  if (minimum > maximum) return { minimum: 0, maximum: 0, counts };
  const width = (maximum - minimum) / bins;
  for (const value of data) {
    if (value === 0) continue;
    const bin = width > 0 ? Math.floor((value - minimum) / width) : 0;
    counts[bin < bins ? bin : bins - 1]++;
  }
  return { minimum, maximum, counts };
}
