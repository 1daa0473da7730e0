/** A split read from its first example to its last, so many at a time. */
import { sizeOf } from '../shape';
import type { Dataset, Examples } from '../data/dataset';

export interface Batch {
  /** Index of the first example. */
  start: number;
  count: number;
  /** [count, ...inputShape] */
  inputs: Float32Array;
  /** [count, targetSize] */
  targets: Float32Array;
}

/**
 * Reads `size` examples at a time; the last batch holds what is left. Every batch lies where the one before it did.
 * @param into where the inputs go, from the beginning: room for `size` examples; behind a shorter last batch it stays as it was
 */
export function* inBatches(
  examples: Examples,
  { inputShape, targetSize }: Pick<Dataset, 'inputShape' | 'targetSize'>,
  size: number,
  into: Float32Array = new Float32Array(Math.min(size, examples.count) * sizeOf(inputShape)),
): Generator<Batch, void, undefined> {
  const inputSize = sizeOf(inputShape);
  const all = new Float32Array(Math.min(size, examples.count) * targetSize);
  for (let start = 0; start < examples.count; start += size) {
    const count = Math.min(size, examples.count - start);
    const inputs = into.subarray(0, count * inputSize);
    const targets = all.subarray(0, count * targetSize);
    const indices = Int32Array.from({ length: count }, (_, i) => start + i);
    examples.read(indices, inputs, targets);
    yield { start, count, inputs, targets };
  }
}
