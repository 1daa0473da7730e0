/** The training loop: seeded, resumable bit for bit, with the best weights kept. */
import type { Dataset } from '../data/dataset';
import { KolmoError } from '../error';
import { createRandom } from '../random';
import { beginning, encodeCheckpoint, resumeFrom, type Checkpoint } from './checkpoint';
import { trainAgainstAdversary } from './gan';
import { flopsOf, placeLayers } from './layers/layers';
import type { Metrics, Model } from './model';
import type { TrainEvent, TrainExtras, TrainResult } from './events';
import { fineTuneDefaults, learningRateAt, trainDefaults, type TrainOptions } from './options';
import { allArrived, epochOrder } from './order';
import { batchOf, compileTrainee } from './trainee';

export type { TrainEvent, TrainExtras, TrainResult } from './events';

/**
 * Trains a model and gives a new one. Masks and codebooks of its parameters hold: masked weights stay zero,
 * weights that share a centroid keep sharing it (Han et al. 2015).
 *
 * `next('stop')` ends at the next batch and returns what there is; `return()` abandons the run.
 * A loss that is no number ends the run with the best weights and a warning, or, before there are any,
 * throws a KolmoError that names the setting to change.
 */
export async function* train(
  model: Model,
  dataset: Dataset,
  options: Partial<TrainOptions> & TrainExtras = {},
): AsyncGenerator<TrainEvent, TrainResult, 'stop' | void> {
  const { architecture } = model;
  if (architecture.adversary) {
    return yield* trainAgainstAdversary(model, dataset, options);
  }
  const { resume, objective, observe, ...given } = options;
  const settings: TrainOptions = { ...trainDefaults, ...given };
  const { count } = dataset.splits.training;
  const batchSize = Math.min(settings.batchSize, count);
  const batches = Math.ceil(count / batchSize);
  const total = settings.epochs * batches;
  const pointSteps = stepsPerPoint(model, batchSize);
  const identity = JSON.stringify([architecture, { ...settings, threads: 0, runtime: '' }, count]);

  let stop = false;
  const emit = function* (event: TrainEvent): Generator<TrainEvent, void, 'stop' | void> {
    if ((yield event) === 'stop') stop = true;
  };

  const trainee = await compileTrainee(model, dataset, batchSize, settings, {
    objective,
    observe,
  });
  try {
    const state = resume ? resumeFrom(resume, identity) : beginning(identity, settings.seed);
    if (resume) {
      trainee.setParameters(state.arrays.parameters);
      trainee.optimizer.restore({
        updates: state.optimizerUpdates,
        moments: state.arrays.moments,
      });
    }
    const random = createRandom(state.noiseState);
    let trainingLoss = NaN;
    let ended: TrainResult['ended'] = 'finished';
    /** Of the best weights, once this process has measured them. */
    let best: Metrics | undefined;

    const progress = (): TrainEvent => {
      const done = state.epoch * batches + state.batch;
      const note = `Epoch ${Math.ceil(done / batches)} of ${settings.epochs}`;
      return { type: 'progress', done, total, examples: done * batchSize, note };
    };
    /** Whoever drives the loop has a word after each batch, so that a stop need not wait for the last. */
    const validate = async function* (): AsyncGenerator<TrainEvent, Metrics, 'stop' | void> {
      const validating = trainee.validate();
      for (;;) {
        const measured = await validating.next();
        if (measured.done) return measured.value;
        yield* emit(progress());
      }
    };
    const checkpoint = (): TrainEvent => {
      const { updates, moments } = trainee.optimizer.state();
      const arrays = { parameters: trainee.parameters(), moments, best: state.arrays.best };
      const now = { ...state, noiseState: random.state(), optimizerUpdates: updates, arrays };
      return { type: 'checkpoint', bytes: encodeCheckpoint(now) };
    };

    epochs: while (state.epoch < settings.epochs) {
      const epochRandom = createRandom(state.shuffleState);
      const { order, ready } = epochOrder(dataset, state.epoch, epochRandom);
      while (state.batch < batches) {
        await ready((state.batch + 1) * batchSize);
        const done = state.epoch * batches + state.batch;
        const { loss, error } = await trainee.step(
          batchOf(order, state.batch, batchSize),
          random,
          learningRateAt(settings, done, total),
        );
        if (!Number.isFinite(loss)) {
          const message = divergence(done, state.epoch, settings);
          if (state.arrays.best.length === 0) throw new KolmoError(message);
          yield* emit({
            type: 'warning',
            message: `${message} The weights of epoch ${state.bestEpoch} were kept.`,
          });
          ended = 'diverged';
          break epochs;
        }
        state.batch++;
        add(state.point, loss, error);
        add(state.epochSum, loss, error);
        if ((done + 1) % pointSteps === 0 || state.batch === batches) {
          yield* emit({ type: 'point', step: done + 1, split: 'training', ...means(state.point) });
          state.point = { steps: 0, loss: 0 };
          yield* emit(progress());
        }
        if ((done + 1) % settings.checkpointSteps === 0 && state.batch < batches) {
          yield* emit(checkpoint());
        }
        if (stop && state.batch < batches) {
          ended = 'stopped';
          break epochs;
        }
      }

      trainingLoss = means(state.epochSum).loss;
      await allArrived(dataset);
      const measured = yield* validate();
      const { loss, error } = measured;
      state.epoch++;
      state.batch = 0;
      state.epochSum = { steps: 0, loss: 0 };
      state.shuffleState = epochRandom.state();
      if (loss < state.bestLoss) {
        state.arrays.best = trainee.parameters();
        state.bestLoss = loss;
        state.bestEpoch = state.epoch;
        best = measured;
      }
      const step = state.epoch * batches;
      yield* emit({
        type: 'point',
        step,
        split: 'validation',
        loss,
        ...(error === undefined ? {} : { error }),
      });
      yield* emit({ type: 'epoch', step, ...trainee.views });
      if (architecture.task === 'generation') {
        yield* emit({ type: 'samples', step, epoch: state.epoch, ...(await trainee.redraw()) });
      }
      yield* emit(checkpoint());
      if (stop) {
        ended = 'stopped';
        break;
      }
      if (settings.patience > 0 && state.epoch - state.bestEpoch >= settings.patience) {
        ended = 'early';
        break;
      }
    }

    // Stopped within an epoch: the weights as they are may be better than those of the best epoch.
    await allArrived(dataset);
    if (state.batch > 0 && ended === 'stopped') {
      const measured = yield* validate();
      if (measured.loss < state.bestLoss) {
        state.arrays.best = trainee.parameters();
        state.bestEpoch = state.epoch + 1;
        best = measured;
      }
    }
    if (state.arrays.best.length > 0) trainee.setParameters(state.arrays.best);
    return {
      model: trainee.model(),
      validation: best ?? (yield* validate()),
      trainingLoss: state.epochSum.steps > 0 ? means(state.epochSum).loss : trainingLoss,
      epochs: state.epoch,
      bestEpoch: state.bestEpoch,
      examples: (state.epoch * batches + state.batch) * batchSize,
      ended,
    };
  } finally {
    await trainee.dispose();
  }
}

/** Trains a compressed model on, gently: `train` with the defaults of `fineTuneDefaults`. */
export const fineTune = (
  model: Model,
  dataset: Dataset,
  options: Partial<TrainOptions> & TrainExtras = {},
): AsyncGenerator<TrainEvent, TrainResult, 'stop' | void> =>
  train(model, dataset, { ...fineTuneDefaults, ...options });

/** Often enough for a smooth curve and a quick stop, seldom enough to cost nothing. */
function stepsPerPoint(model: Model, batchSize: number): number {
  const work = 3 * flopsOf(placeLayers(model.architecture)) * batchSize;
  return Math.max(1, Math.min(10, Math.floor(2e9 / (work + 1))));
}

function divergence(step: number, epoch: number, { learningRate, clipNorm }: TrainOptions): string {
  const clip = clipNorm === 0 ? ', or limit the gradient norm (clipNorm)' : '';
  return (
    `The loss is no longer a number at step ${step + 1} (epoch ${epoch + 1}): ` +
    `lower the learning rate, which is ${learningRate}${clip}.`
  );
}

function add(sum: Checkpoint['point'], loss: number, error: number | undefined): void {
  sum.steps++;
  sum.loss += loss;
  if (error !== undefined) sum.error = (sum.error ?? 0) + error;
}

const means = ({ steps, loss, error }: Checkpoint['point']): { loss: number; error?: number } => ({
  loss: loss / steps,
  ...(error === undefined ? {} : { error: error / steps }),
});
