/** What training for fewer bytes is shown: examples, moved a little while it trains, and of them only the features that are still read. */
import type { Dataset } from '../../data/dataset';
import type { Random } from '../../random';
import { sizeOf } from '../../shape';
import { shiftImages, warpImages } from '../../train/augment';
import { inBatches } from '../../train/batches';
import type { Forward, Step } from '../../train/levelStep';
import type { Metrics } from '../../train/model';
import { objectives } from '../../train/objective';

/** Examples at a time when a network is measured. */
export const evaluationBatch = 500;

export interface Augmentation {
  batchSize: number;
  /** Images are moved by up to this many pixels each time they are seen. */
  shift: number;
  /** Images are turned, stretched and slanted by up to this many degrees each time they are seen. */
  warp: number;
}

/** Fills a step's inputs with a batch, each image moved and turned a little, and only the features that are still read. */
export function createBatches(
  dataset: Dataset,
  { batchSize, shift, warp }: Augmentation,
  random: Random,
): (indices: Int32Array, step: Step, features: Int32Array | undefined) => void {
  const size = sizeOf(dataset.inputShape);
  const images = dataset.inputShape.length === 3;
  const whole = new Float32Array(batchSize * size);
  return (indices, step, features) => {
    dataset.splits.training.read(indices, whole, step.inputs.targets as Float32Array);
    if (images && warp > 0) warpImages(whole, dataset.inputShape, warp, random);
    if (images && shift > 0) shiftImages(whole, dataset.inputShape, shift, random);
    gather(whole, size, features, step.inputs.inputs as Float32Array);
  };
}

/** Copies examples of `size` features, or the ones of them that `features` lists. */
function gather(
  from: Float32Array,
  size: number,
  features: Int32Array | undefined,
  to: Float32Array,
): void {
  if (!features) {
    to.set(from);
    return;
  }
  for (let start = 0, at = 0; start < from.length; start += size) {
    for (let f = 0; f < features.length; f++) to[at++] = from[start + features[f]];
  }
}

/** Measures a network on the validation split. */
export async function evaluate(
  forward: Forward,
  dataset: Dataset,
  features: Int32Array | undefined,
): Promise<Metrics> {
  const { validation } = dataset.splits;
  const size = sizeOf(dataset.inputShape);
  const measure = objectives.classification.measure(dataset);
  for (const { inputs, targets, count } of inBatches(validation, dataset, evaluationBatch)) {
    // The rest of the last batch is left over from the one before and not measured.
    gather(inputs, size, features, forward.inputs.inputs as Float32Array);
    const { output } = await forward.run();
    measure.add(output as Float32Array, targets, inputs, count);
  }
  return measure.result();
}
