/** Every setting of training with its default, in one place. */
import type { OptimizerName } from '../engine/optimizer';
import type { Runtime } from '../engine/session';

export type Schedule =
  | { type: 'constant' }
  /** From the learning rate down to zero along half a cosine (Loshchilov & Hutter 2017). */
  | { type: 'cosine' }
  /** Times `factor` after each of these shares of all steps. */
  | { type: 'step'; at: number[]; factor: number };

export interface TrainOptions {
  epochs: number;
  batchSize: number;
  optimizer: OptimizerName;
  learningRate: number;
  /** How much of Adam's first moment a step keeps. */
  beta1: number;
  schedule: Schedule;
  /** Decoupled weight decay; biases are left alone. */
  weightDecay: number;
  /** Gradients are scaled down to this global norm; 0 = never. */
  clipNorm: number;
  /** Training images are moved by up to this many pixels in each direction; 0 = never. */
  shift: number;
  /** A GAN's discriminator is taught that an example is real with this much less than certainty. */
  labelSmoothing: number;
  /** Stop after this many epochs without a better validation loss; 0 = never. */
  patience: number;
  /** Steps between two checkpoints. */
  checkpointSteps: number;
  seed: number;
  threads: number;
  runtime: Runtime;
}

export const trainDefaults: TrainOptions = {
  epochs: 30,
  batchSize: 128,
  optimizer: 'adam',
  learningRate: 1e-3,
  beta1: 0.9,
  schedule: { type: 'cosine' },
  weightDecay: 0,
  clipNorm: 0,
  shift: 1,
  labelSmoothing: 0,
  patience: 10,
  checkpointSteps: 500,
  seed: 1,
  threads: 1,
  runtime: 'auto',
};

/** What differs when a compressed model is trained on: it is close to good, and must come back to it. */
export const fineTuneDefaults: Partial<TrainOptions> = { epochs: 10, learningRate: 5e-4 };

/** Learning rate of a step out of `total`. */
export function learningRateAt(
  { learningRate, schedule }: Pick<TrainOptions, 'learningRate' | 'schedule'>,
  step: number,
  total: number,
): number {
  switch (schedule.type) {
    case 'constant':
      return learningRate;
    case 'cosine':
      return learningRate * 0.5 * (1 + Math.cos((Math.PI * step) / total));
    case 'step':
      return (
        learningRate * schedule.factor ** schedule.at.filter((at) => step >= at * total).length
      );
    default:
      return schedule satisfies never;
  }
}
