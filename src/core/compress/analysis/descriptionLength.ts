/** Description length of the labels given the inputs: a model is worth its bytes when model and corrections are shorter than the labels alone (Rissanen 1978). */
import type { Dataset, Examples } from '../../data/dataset';
import { KolmoError } from '../../error';
import { sizeOf } from '../../shape';
import { evaluateOnnx, exportOnnx } from '../../train/export';
import { initialize } from '../../train/layers/layers';
import { train, type TrainEvent } from '../../train/loop';
import type { TrainOptions } from '../../train/options';
import type { Architecture } from '../../train/model';

export interface PrequentialEvent {
  type: 'block';
  /** Labels that are coded after this block, and their bytes. */
  coded: number;
  total: number;
}

/**
 * The block-prequential code (Dawid 1984; Blier and Ollivier 2018): each block of labels is coded by a model trained on the
 * blocks before it, the first one uniformly, so that no model needs to be sent. Blocks double in size.
 * @returns bytes of all training labels
 */
export async function* prequential(
  architecture: Architecture,
  dataset: Dataset,
  options: Partial<TrainOptions> & { seed: number; threads: number; firstBlock?: number },
): AsyncGenerator<PrequentialEvent | TrainEvent, number> {
  if (dataset.task.type !== 'classification') {
    throw new KolmoError(
      `The labels of ${dataset.name} are no classes, so that their description length is not defined: choose a dataset with classes.`,
    );
  }
  if (architecture.task !== 'classification') {
    throw new KolmoError(
      `The model ${architecture.name} does not sort ${dataset.name} into classes, so it cannot code their labels: train a classifier on it and analyse that run.`,
    );
  }
  const { count } = dataset.splits.training;
  const { firstBlock = 64, ...training } = options;
  const blocks = prequentialBlocks(count, firstBlock);
  const first = Math.min(firstBlock, count);
  const uniform = Math.log(dataset.task.classes.length);
  let total = labelLength(uniform, first);
  yield { type: 'block', coded: first, total };
  for (const known of blocks) {
    const next = Math.min(2 * known, count);
    const seen = part(dataset.splits.training, 0, known);
    // The best epoch may be chosen by nothing but the labels that are known.
    const held = Math.max(1, Math.floor(known / 10));
    const view: Dataset = {
      ...dataset,
      splits: {
        training: part(seen, 0, known - held),
        validation: part(seen, known - held, known),
        test: part(dataset.splits.training, known, next),
      },
    };
    const { model } = yield* train(initialize(architecture, training.seed), view, training);
    const { loss } = await evaluateOnnx(exportOnnx(model), view, 'test', training);
    // A code may always fall back on the uniform one, for one bit.
    const length = next - known;
    total += Math.min(labelLength(loss, length), labelLength(uniform, length) + 1 / 8);
    yield { type: 'block', coded: next, total };
  }
  return total;
}

/** L(labels | model) in bytes: what an arithmetic coder spends on `count` labels whose mean cross entropy is `loss` nats. */
export const labelLength = (loss: number, count: number): number => (loss * count) / Math.LN2 / 8;

/** The blocks of the prequential code: how many labels are known before each of them, the first one aside. */
export function prequentialBlocks(count: number, firstBlock = 64): number[] {
  const blocks: number[] = [];
  for (let known = Math.min(firstBlock, count); known < count; known *= 2) blocks.push(known);
  return blocks;
}

/** A dataset whose training split holds its validation examples too, the ones after the others. */
export function withAllLabels(dataset: Dataset): Dataset {
  const { training, validation } = dataset.splits;
  const { inputShape, targetSize } = dataset;
  const inputSize = sizeOf(inputShape);
  const all: Examples = {
    count: training.count + validation.count,
    read(indices, inputs, targets) {
      let at = 0;
      // Runs of indices of one split are read at once.
      while (at < indices.length) {
        const held = indices[at] >= training.count;
        let end = at + 1;
        while (end < indices.length && indices[end] >= training.count === held) end++;
        const own = indices.slice(at, end);
        if (held) own.forEach((index, i) => (own[i] = index - training.count));
        (held ? validation : training).read(
          own,
          inputs.subarray(at * inputSize, end * inputSize),
          targets.subarray(at * targetSize, end * targetSize),
        );
        at = end;
      }
    },
  };
  return { ...dataset, splits: { ...dataset.splits, training: all } };
}

function part(examples: Examples, start: number, end: number): Examples {
  return {
    count: end - start,
    read: (indices, inputs, targets) =>
      examples.read(
        indices.map((index) => index + start),
        inputs,
        targets,
      ),
  };
}
