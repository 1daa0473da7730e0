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
