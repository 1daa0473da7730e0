/** The labels of a dataset by codes that look at nothing but labels: uniform, and what compressors make of one byte each. */
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { labelLength } from '../core/compress/analysis/descriptionLength';
import type { Dataset, Examples } from '../core/data/dataset';
import { xzSize } from '../core/program/baselines';
import { inBatches } from '../core/train/batches';
import type { LabelCodes } from '../runs/events';

const batch = 1000;

/** The labels of training and validation; undefined where the targets are no classes, or too many for a byte each. */
export async function labelCodes(dataset: Dataset): Promise<LabelCodes | undefined> {
  const { task, splits } = dataset;
  if (task.type !== 'classification' || task.classes.length > 256) return undefined;
  const classes = task.classes.length;
  const bytes = Buffer.concat([
    labelsOf(splits.training, dataset),
    labelsOf(splits.validation, dataset),
  ]);
  const uniform = labelLength(Math.log(classes), bytes.length);
  return { count: bytes.length, classes, uniform, compressed: await compressedSizes(bytes) };
}

function labelsOf(examples: Examples, dataset: Dataset): Uint8Array {
  const labels = new Uint8Array(examples.count);
  for (const { start, count, targets } of inBatches(examples, dataset, batch)) {
    for (let i = 0; i < count; i++) {
      const own = targets.subarray(i * dataset.targetSize, (i + 1) * dataset.targetSize);
      labels[start + i] = own.indexOf(1);
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
