/** Weights whose codes follow one another, row by row, with a scale for each block of them. */
import type { JoinedWeight, ListedTensor } from './layout';
import { groupSize, holding, valuesOf } from './parts';

/** Where the scales of a matrix lie. */
export interface Blocks {
  shape: [rows: number, columns: number];
  /** Rows and columns of a block. */
  block: [height: number, width: number];
  /** Blocks side by side. */
  across: number;
}

/** Undefined where it is not certain which scale is whose: one is that of all, a list has one for each row. */
export function blocksOf(shape: [number, number], scales: ListedTensor): Blocks | undefined {
  const [down, across] = scales.parameters === 1 ? [1, 1] : [scales.shape[0], scales.shape[1] ?? 1];
  const [height, width] = [groupSize(shape[0], down), groupSize(shape[1], across)];
  const fits = scales.shape.length <= 2 && height !== undefined && width !== undefined;
  return fits ? { shape, block: [height, width], across } : undefined;
}

/** By block. */
export interface BlockScaling {
  scales: Float64Array;
  /** Codes that stand for zero; absent where 0 does. */
  zeros?: Float64Array;
}

/** Reads `scale * (code - zero)`. */
export function readBlocks(
  codes: ListedTensor,
  { shape: [rows, columns], block: [height, width], across }: Blocks,
  load: () => Promise<BlockScaling>,
): JoinedWeight['read'] {
  return holding(rows * columns, load, async ({ scales, zeros }, first, count) =>
    (await valuesOf(codes, first, count)).map((code, i) => {
      const row = Math.floor((first + i) / columns);
      const column = first + i - row * columns;
      const at = Math.floor(row / height) * across + Math.floor(column / width);
      return Math.fround(scales[at] * (zeros ? code - zeros[at] : code));
    }),
  );
}
