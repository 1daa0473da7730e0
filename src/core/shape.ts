/** Shapes of tensors, of datasets and of files. */

/** How many elements a tensor of this shape has. */
export const sizeOf = (shape: number[]): number =>
  shape.reduce((product, side) => product * side, 1);
