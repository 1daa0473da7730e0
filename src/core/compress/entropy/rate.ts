/** What one more nonzero level would cost an adaptive code, given how full its row and its column are. */

/** Bits of a level that becomes nonzero are `rows[i] + columns[j] + both`; each further unit of its magnitude costs `further`. */
export interface LayerPrices {
  rows: Float64Array;
  columns: Float64Array;
  both: number;
  further: number;
}

/** Limits of a price in bits: the sign alone costs one, and beyond the second nothing would ever come back. */
const least = 1;
const most = 14;

/** A row or column counts as if it held this many more levels of average density, as an adaptive code would assume at its start. */
const prior = 2;

/** Biases lie in no dense row or column: constant prices do. */
const biasPrices = { first: 2, further: 0.7 };

/**
 * Prices from the counts of the present levels. By the envelope theorem the derivative of an adaptive code's whole
 * length by one symbol is that symbol's own length, so these prices are its exact gradient.
 */
export function pricesOf(levels: Float32Array, outputs: number): LayerPrices {
  const rowCount = levels.length / outputs;
  const rows = new Float64Array(rowCount);
  const columns = new Float64Array(outputs);
  let nonzero = 0;
  let magnitudes = 0;
  for (let i = 0, at = 0; i < rowCount; i++) {
    for (let j = 0; j < outputs; j++, at++) {
      const magnitude = Math.round(Math.abs(levels[at]));
      if (magnitude === 0) continue;
      rows[i]++;
      columns[j]++;
      nonzero++;
      magnitudes += magnitude;
    }
  }
  const density = (nonzero + 1) / (levels.length + 2);
  const mean = logOdds(density);
  for (let i = 0; i < rowCount; i++) {
    rows[i] = -logOdds((rows[i] + prior * density) / (outputs + prior));
  }
  for (let j = 0; j < outputs; j++) {
    columns[j] = -logOdds((columns[j] + prior * density) / (rowCount + prior));
  }
  // Magnitudes as a geometric distribution of the same mean.
  const stay = 1 - 1 / Math.max(1.05, magnitudes / Math.max(1, nonzero));
  return {
    rows,
    columns,
    both: mean + 1 - Math.log2(1 - stay),
    further: Math.max(0.15, -Math.log2(stay)),
  };
}

/** Adds `weight` times the derivative of the rate in bits to the gradients of the levels [rows, columns]. */
export function addWeightRate(
  gradients: Float32Array,
  levels: Float32Array,
  { rows, columns, both, further }: LayerPrices,
  weight: number,
): void {
  const width = columns.length;
  const slope = weight * further;
  for (let i = 0, at = 0; i < rows.length; i++) {
    const base = rows[i] + both;
    for (let j = 0; j < width; j++, at++) {
      const level = levels[at];
      if (level === 0) continue;
      let price = slope;
      if (level < 1 && level > -1) {
        price = weight * within(base + columns[j]);
      }
      gradients[at] += level > 0 ? price : -price;
    }
  }
}

/** Bits of a level at [row, column] of a magnitude of at least one, against a zero there. */
export function bitsOf(
  prices: LayerPrices,
  row: number,
  column: number,
  magnitude: number,
): number {
  const first = within(prices.rows[row] + prices.columns[column] + prices.both);
  return first + (magnitude - 1) * prices.further;
}

const within = (bits: number): number => (bits < least ? least : bits > most ? most : bits);

/** The same as `addWeightRate` for biases. */
export function addBiasRate(gradients: Float32Array, levels: Float32Array, weight: number): void {
  for (let at = 0; at < levels.length; at++) {
    const level = levels[at];
    if (level === 0) continue;
    const price = weight * (level < 1 && level > -1 ? biasPrices.first : biasPrices.further);
    gradients[at] += level > 0 ? price : -price;
  }
}

const logOdds = (p: number): number => Math.log2(p / (1 - p));
