/** Fine-tuning inside a pass: what was masked stays zero, what shares a value goes on sharing it. */
import { relay } from '../../relay';
import { fineTune, type TrainExtras } from '../../train/loop';
import type { Model } from '../../train/model';
import type { Objective } from '../../train/objective';
import type { PassContext, PassEvent } from '../pass';

export interface RefineOptions {
  epochs: number;
  learningRate: number;
  /** Epochs of this pass before and in all, for its progress. */
  before: number;
  total: number;
  note: string;
  /** What is minimised instead of the task's loss. */
  objective?: Objective;
  /** Sees the weights and gradients of each step before it changes them. */
  observe?: TrainExtras['observe'];
}

/**
 * Trains a model on for some epochs and gives the one with the best validation loss.
 * Levels have no constraint in training: a quantized parameter comes back as float32. Without a dataset nothing happens.
 */
export async function* refine(
  model: Model,
  { dataset, seed, threads }: PassContext,
  { before, total, note, ...training }: RefineOptions,
): AsyncGenerator<PassEvent, Model> {
  if (!dataset || training.epochs === 0) return model;
  const free: Model = {
    ...model,
    parameters: model.parameters.map((parameter) =>
      parameter.encoding.type === 'quantized'
        ? { ...parameter, encoding: { type: 'float32' } }
        : parameter,
    ),
  };
  const tuning = fineTune(free, dataset, {
    ...training,
    seed: seed + before,
    threads,
    patience: 0,
    checkpointSteps: Number.MAX_SAFE_INTEGER,
  });
  let stepsPerEpoch = 1;
  const tuned = yield* relay(tuning, (event): PassEvent | undefined => {
    switch (event.type) {
      case 'progress':
        stepsPerEpoch = event.total / training.epochs;
        return {
          type: 'progress',
          done: before * stepsPerEpoch + event.done,
          total: total * stepsPerEpoch,
          note: `${note}, ${event.note.toLowerCase()}`,
        };
      case 'point':
        return { ...event, step: Math.round(before * stepsPerEpoch) + event.step };
      case 'warning':
        return event;
      case 'checkpoint':
      case 'epoch':
      case 'samples':
        return undefined;
      default:
        return event satisfies never;
    }
  });
  return tuned.model;
}
