/** Histograms of a parameter's values, as the charts draw them. */

export interface Histogram {
  minimum: number;
  maximum: number;
  /** Equal-width bins over the values that are not zero; zeros are `parameters - nonZero`. */
  counts: number[];
}

/** Counts the values that are not zero in `bins` equal-width bins; all zeros give bins of 0 from 0 to 0. */
export function histogramOf(data: Float32Array, bins = 61): Histogram {
  // Taken of every weight and gradient after each epoch: plain loops, several times as quick as iterators.
  let minimum = Infinity;
  let maximum = -Infinity;
  for (let i = 0; i < data.length; i++) {
    const value = data[i];
    if (!value) continue;
    if (value < minimum) minimum = value;
    if (value > maximum) maximum = value;
  }
  const counts = new Int32Array(bins);
  if (minimum > maximum) return { minimum: 0, maximum: 0, counts: Array.from(counts) };
  const scale = maximum > minimum ? bins / (maximum - minimum) : 0;
  for (let i = 0; i < data.length; i++) {
    const value = data[i];
    if (!value) continue;
    const bin = ((value - minimum) * scale) | 0;
    counts[bin < bins ? bin : bins - 1]++;
  }
  return { minimum, maximum, counts: Array.from(counts) };
}
