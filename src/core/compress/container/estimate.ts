/** Predicts the length of a packed file from counts alone: what the adaptive coder converges to, plus what learning costs it. */
import { encodeHeader } from '../../formats/kolmo';
import type { Model } from '../../train/model';
import { planOf, type Plan } from './container';
import { tailBytes } from './floats';

/** Row and column densities are told apart in this many steps. */
const steps = 10;
/** Neighbours in space that are not zero: 0, 1 or 2. */
const neighbours = 3;

/** Bytes that `encode` would give, within a few percent, in about a hundredth of its time. */
export function estimatedLength(model: Model): number {
  const plans = planOf(model);
  const costs = plans.map((plan) => {
    const { encoding, sparse } = plan.tensor;
    let bits = plan.levels.length > 0 ? positionBits(plan) : 0;
    let tail = 0;
    if (encoding.type === 'float32') {
      const values = sparse ? plan.values.filter((_, i) => plan.levels[i] !== 0) : plan.values;
      bits += floatBits(values, encoding.half);
      tail = tailBytes(encoding.half) * values.length;
    } else {
      bits += symbolBits(plan);
    }
    return bits / 8 + tail;
  });
  const tensors = plans.map(({ tensor }, t) => ({ ...tensor, streamBytes: Math.round(costs[t]) }));
  const header = encodeHeader({ architecture: model.architecture, tensors }).bytes.length;
  return Math.round(header + costs.reduce((sum, cost) => sum + cost, 0) + 4);
}

/** Entropy of being zero, given how full the row and the column are and what lies beside. */
function positionBits({ tensor, levels }: Plan): number {
  const { columns, grid } = tensor;
  const rows = levels.length / columns;
  const west = grid[2] * columns;
  const north = grid[1] * west;
  const rowFill = new Int32Array(rows);
  const columnFill = new Int32Array(columns);
  for (let row = 0, at = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++, at++) {
      if (levels[at] === 0) continue;
      rowFill[row]++;
      columnFill[column]++;
    }
  }
  const rowStep = rowFill.map((fill) => stepOf(fill, columns));
  const columnStep = columnFill.map((fill) => stepOf(fill, rows));
  const zeros = new Int32Array(steps * steps * neighbours);
  const others = new Int32Array(steps * steps * neighbours);
  for (let row = 0, at = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++, at++) {
      const near =
        (grid[1] > 1 && at >= west && levels[at - west] !== 0 ? 1 : 0) +
        (grid[0] > 1 && at >= north && levels[at - north] !== 0 ? 1 : 0);
      const cell = (rowStep[row] * steps + columnStep[column]) * neighbours + near;
      if (levels[at] === 0) zeros[cell]++;
      else others[cell]++;
    }
  }
  let bits = 0;
  for (let cell = 0; cell < zeros.length; cell++) {
    const count = zeros[cell] + others[cell];
    if (zeros[cell] > 0) bits -= zeros[cell] * Math.log2(zeros[cell] / count);
    if (others[cell] > 0) bits -= others[cell] * Math.log2(others[cell] / count);
  }
  // Rows and columns announce themselves, and the density of each is learned while it is coded.
  return bits + (columns > 1 ? learningBits(rowFill, columns) + learningBits(columnFill, rows) : 0);
}

function learningBits(fill: Int32Array, of: number): number {
  let bits = 0;
  for (const one of fill) if (one > 0) bits += 0.6 + 0.5 * Math.log2(1 + Math.min(one, of - one));
  return bits;
}

/** Empty, then steps of a factor of 1.8 down from full. */
function stepOf(fill: number, of: number): number {
  if (fill === 0) return 0;
  let step = steps - 1;
  for (let bound = of / 1.8; fill < bound && step > 1; bound /= 1.8) step--;
  return step;
}

/** A sign for each, and the entropy of the magnitudes in rows that are as large on average. */
function symbolBits({ levels, tensor }: Plan): number {
  const { columns } = tensor;
  const counts = Array.from({ length: 16 }, () => new Map<number, number>());
  let nonzero = 0;
  for (let first = 0; first < levels.length; first += columns) {
    let sum = 0;
    let inRow = 0;
    for (let i = first; i < first + columns; i++) {
      sum += Math.abs(levels[i]);
      if (levels[i] !== 0) inRow++;
    }
    if (inRow === 0) continue;
    nonzero += inRow;
    // Twice the logarithm of the mean: two classes for each doubling.
    const likes = counts[columns > 1 ? Math.min(15, Math.round(2 * Math.log2(sum / inRow))) : 0];
    for (let i = first; i < first + columns; i++) {
      if (levels[i] === 0) continue;
      const magnitude = Math.abs(levels[i]);
      likes.set(magnitude, (likes.get(magnitude) ?? 0) + 1);
    }
  }
  return counts.reduce((bits, likes) => bits + entropyBits(likes.values()), nonzero);
}

function floatBits(values: Float32Array, half: boolean): number {
  const words = new Uint32Array(values.buffer, values.byteOffset, values.length);
  // The first byte of a float32 and the second given the first are one symbol of 16 bits; a half's first byte has the exponent's low bits and one sign.
  const shift = half ? 21 : 16;
  const counts = new Map<number, number>();
  for (let i = 0; i < words.length; i++) {
    const symbol = words[i] >>> shift;
    counts.set(symbol, (counts.get(symbol) ?? 0) + 1);
  }
  return entropyBits(counts.values());
}

/** Bits of an adaptive code: the entropy, and half a logarithm for each probability to learn. */
function entropyBits(counts: Iterable<number>): number {
  const all = [...counts];
  const total = all.reduce((sum, count) => sum + count, 0);
  let bits = 0;
  for (const count of all) bits += count * Math.log2(total / count) + 0.5 * Math.log2(count + 1);
  return bits;
}
