/** What a training run tells while it goes on, and what it gives in the end. */
import type { Metrics, Model } from './model';
import type { Objective } from './objective';

export type TrainEvent =
  /** `done` and `total` count steps. */
  | { type: 'progress'; done: number; total: number; examples: number; note: string }
  /** Means since the last point; validation points are of the whole split. */
  | {
      type: 'point';
      step: number;
      split: 'training' | 'validation';
      loss: number;
      error?: number;
      /** Loss of a GAN's discriminator; `loss` is the generator's. */
      adversaryLoss?: number;
    }
  /** After each epoch: views of all weights and of the last step's gradients, which the next step overwrites. */
  | ({ type: 'epoch'; step: number } & ParameterViews)
  /**
   * After each epoch of a model that draws: what it draws of the same noise, or examples with what it makes of
   * them below. [count, ...shape] in [0, 1], to be shown in rows of `columns`.
   */
  | {
      type: 'samples';
      step: number;
      epoch: number;
      images: Float32Array;
      shape: number[];
      columns: number;
    }
  | { type: 'checkpoint'; bytes: Uint8Array }
  | { type: 'warning'; message: string };

export interface TrainResult {
  /** With the parameters of the best epoch. */
  model: Model;
  validation: Metrics;
  /** Mean over the last epoch's steps. */
  trainingLoss: number;
  epochs: number;
  bestEpoch: number;
  examples: number;
  ended: 'finished' | 'early' | 'stopped' | 'diverged';
}

/** Weights and gradients where they are and as they lie (see `turned.ts`), by parameter. */
export interface ParameterViews {
  weights: Record<string, Float32Array>;
  gradients: Record<string, Float32Array>;
}

export interface TrainExtras {
  /** Bytes of a `checkpoint` event of a run with the same model, data and options. */
  resume?: Uint8Array;
  /** What is minimised and measured, where it is not what the model's task says. */
  objective?: Objective;
  /** Sees the weights and gradients of each step before it changes them, by parameter; a GAN's are not shown. */
  observe?: (views: ParameterViews) => void;
}
