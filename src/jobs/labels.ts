/** The labels of a dataset by codes that look at nothing but labels: uniform, and what compressors make of one byte each. */
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { labelLength } from '../core/compress/analysis/descriptionLength';
import type { Dataset, Examples } from '../core/data/dataset';
import { xzSize } from '../core/program/baselines';
import { sizeOf } from '../core/shape';
import type { LabelCodes } from '../runs/events';

const batch = 1000;

/** The labels of training and validation; undefined where the targets are no classes, or too many for a byte each. */
export async function labelCodes({
  task,
  splits,
  inputShape,
  targetSize,
}: Dataset): Promise<LabelCodes | undefined> {
  if (task.type !== 'classification' || task.classes.length > 256) return undefined;
  const classes = task.classes.length;
  const inputSize = sizeOf(inputShape);
  const bytes = Buffer.concat(
    [splits.training, splits.validation].map((examples) =>
      labelsOf(examples, inputSize, targetSize),
    ),
  );
  const uniform = labelLength(Math.log(classes), bytes.length);
  return { count: bytes.length, classes, uniform, compressed: await compressedSizes(bytes) };
}

function labelsOf({ count, read }: Examples, inputSize: number, targetSize: number): Uint8Array {
  const labels = new Uint8Array(count);
  const inputs = new Float32Array(batch * inputSize);
  const targets = new Float32Array(batch * targetSize);
  for (let start = 0; start < count; start += batch) {
    const size = Math.min(batch, count - start);
    read(
      Int32Array.from({ length: size }, (_, i) => start + i),
      inputs.subarray(0, size * inputSize),
      targets.subarray(0, size * targetSize),
    );
    for (let i = 0; i < size; i++) {
      labels[start + i] = targets.subarray(i * targetSize, (i + 1) * targetSize).indexOf(1);
    }
  }
  return labels;
}

/** Lengths by compressor at its best setting; those that this machine has not are left out. */
async function compressedSizes(bytes: Uint8Array): Promise<Record<string, number>> {
  const xz = await xzSize(bytes);
  return {
    gzip: gzipSync(bytes, { level: 9 }).length,
    brotli: brotliCompressSync(bytes).length,
    ...(xz !== undefined && { xz }),
  };
}
