/** What a training begins with: its settings, how many steps they make, and an ear for who wants it to end. */
import type { Dataset } from '../data/dataset';
import type { TrainEvent } from './events';
import type { Model } from './model';
import { trainDefaults, type TrainOptions } from './options';

export interface TrainPlan {
  /** With every default in place. */
  settings: TrainOptions;
  /** Examples of a step, at most all there are. */
  batchSize: number;
  /** Steps of an epoch, and of all epochs. */
  batches: number;
  total: number;
  /** What a checkpoint must have been made with to be gone on from. */
  identity: string;
}

export function planTraining(
  { architecture }: Model,
  { splits: { training } }: Dataset,
  given: Partial<TrainOptions>,
): TrainPlan {
  const settings: TrainOptions = { ...trainDefaults, ...given };
  const batchSize = Math.min(settings.batchSize, training.count);
  const batches = Math.ceil(training.count / batchSize);
  // It may go on with other threads and on another engine.
  const same = { ...settings, threads: 0, runtime: '' };
  return {
    settings,
    batchSize,
    batches,
    total: settings.epochs * batches,
    identity: JSON.stringify([architecture, same, training.count]),
  };
}

/** Tells events, and remembers whether whoever heard one answered that the training is to stop. */
export interface Teller {
  stopped: boolean;
  tell(event: TrainEvent): Generator<TrainEvent, void, 'stop' | void>;
}

export function createTeller(): Teller {
  const teller: Teller = {
    stopped: false,
    *tell(event) {
      if ((yield event) === 'stop') teller.stopped = true;
    },
  };
  return teller;
}
