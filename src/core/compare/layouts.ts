/** In which order frameworks lay out the axes of the same weights. */
import { sizeOf } from '../shape';

/** Axes from one framework's layout to another's, by rank. */
const known: Partial<Record<number, number[][]>> = {
  // Dense weights: [outputs, inputs] and [inputs, outputs].
  2: [[1, 0]],
  // Convolutions over one dimension: OIW and WIO.
  3: [[2, 1, 0]],
  // Over two: OIHW, HWIO and OHWI, each from each other.
  4: [
    [3, 2, 0, 1],
    [2, 3, 1, 0],
    [0, 2, 3, 1],
    [0, 3, 1, 2],
    [3, 0, 1, 2],
    [1, 2, 3, 0],
    // Depthwise ones: Keras' HWC1 and PyTorch's C1HW.
    [2, 3, 0, 1],
  ],
};

/** The ways to turn a tensor of shape `from` that some framework has, that give the shape `to` and put values into another order. */
export function layoutsBetween(from: number[], to: number[]): number[][] {
  if (from.length !== to.length) return [];
  return (known[from.length] ?? []).filter((axes) => {
    const moved = axes.filter((axis) => from[axis] !== 1);
    return (
      to.every((side, i) => from[axes[i]] === side) &&
      moved.some((axis, i) => i > 0 && axis < moved[i - 1])
    );
  });
}

/** Whether shapes differ in nothing but axes of one place, so that values lie in the same order. */
export function sameOrder(one: number[], other: number[]): boolean {
  const sides = (shape: number[]): string => shape.filter((side) => side !== 1).join();
  return sides(one) === sides(other);
}

/** Row-major values with axis `axes[i]` as axis i, as numpy.transpose does. */
export function turn(values: Float64Array, shape: number[], axes: number[]): Float64Array {
  const strides = shape.map((_, axis) => sizeOf(shape.slice(axis + 1)));
  const sides = axes.map((axis) => shape[axis]);
  const steps = axes.map((axis) => strides[axis]);
  const turned = new Float64Array(values.length);
  const at = sides.map(() => 0);
  let from = 0;
  for (let to = 0; to < turned.length; to++) {
    turned[to] = values[from];
    for (let axis = sides.length - 1; axis >= 0; axis--) {
      from += steps[axis];
      if (++at[axis] < sides[axis]) break;
      from -= sides[axis] * steps[axis];
      at[axis] = 0;
    }
  }
  return turned;
}

/** Rows that the heads of transformers have, the usual ones first. */
const headSizes = [128, 64, 96, 80, 256, 112, 160, 192, 32, 48, 16, 8];

/** How many rows the heads of a tensor of this shape may have. */
export const headRowsOf = ([rows]: number[]): number[] =>
  headSizes.filter((size) => rows % size === 0);

/**
 * The rows of each head with those of its second half between those of its first, as llama.cpp stores what rotary embeddings turn
 * (`permute` in convert_hf_to_gguf.py); with `back`, such rows in the model's own order.
 */
export function interleaveHalves(
  values: Float64Array,
  [rows, ...others]: number[],
  headRows: number,
  back: boolean,
): Float64Array {
  const halves = [2, headRows / 2];
  const shape = [rows / headRows, ...(back ? halves.reverse() : halves), sizeOf(others)];
  return turn(values, shape, [0, 2, 1, 3]);
}
