/** Which weights of a quantized parameter share a scale. */
import { sizeOf } from '../shape';
import type { Encoding, Parameter } from './model';

/** The weights of one scale: every `stride`th from `first` on, up to `end`. */
export interface ScaleRun {
  first: number;
  end: number;
  stride: number;
}

type Quantized = Extract<Encoding, { type: 'quantized' }>;

/** Rows of [rows, columns] that share a scale in each column; undefined: all weights share one. */
export type RowsPerScale = number | undefined;

/** The runs in the order of their scales: [groups of rows, columns], the columns last. */
export function scaleRuns(shape: number[], rowsPerScale: RowsPerScale): ScaleRun[] {
  const size = sizeOf(shape);
  if (rowsPerScale === undefined) return [{ first: 0, end: size, stride: 1 }];
  const columns = shape[shape.length - 1];
  const runs: ScaleRun[] = [];
  for (let start = 0; start < size; start += rowsPerScale * columns) {
    const end = Math.min(size, start + rowsPerScale * columns);
    for (let column = 0; column < columns; column++) {
      runs.push({ first: start + column, end, stride: columns });
    }
  }
  return runs;
}

/** The same of a parameter that is quantized already. */
export function runsOf(
  parameter: Pick<Parameter, 'shape'>,
  encoding: Pick<Quantized, 'scales' | 'groupSize'>,
): ScaleRun[] {
  return scaleRuns(parameter.shape, rowsPerScaleOf(parameter, encoding));
}

export function rowsPerScaleOf(
  { shape }: Pick<Parameter, 'shape'>,
  { scales, groupSize }: Pick<Quantized, 'scales' | 'groupSize'>,
): RowsPerScale {
  return scales.length === 1 ? undefined : (groupSize ?? rowsOf(shape));
}

/** A tensor is a matrix of its inputs and its outputs, the last axis. */
export const rowsOf = (shape: number[]): number => sizeOf(shape.slice(0, -1));

/** The value that each of `count` weights has of its scale's. */
export function perWeight<Values extends Float32Array | Int32Array>(
  values: Values,
  runs: ScaleRun[],
  count: number,
): Values {
  const all = new (values.constructor as new (count: number) => Values)(count);
  runs.forEach(({ first, end, stride }, run) => {
    for (let i = first; i < end; i += stride) all[i] = values[run];
  });
  return all;
}
