/** Trains a generator against a discriminator, in alternating steps (Goodfellow et al. 2014). */
import type { Dataset } from '../data/dataset';
import { KolmoError } from '../error';
import { createRandom, shuffled } from '../random';
import { collapseRemedy } from './architectures/gan';
import { beginning, encodeCheckpoint, resumeFrom } from './checkpoint';
import { compileContest } from './contest';
import type { TrainEvent, TrainExtras, TrainResult } from './events';
import type { Model } from './model';
import { learningRateAt, type TrainOptions } from './options';
import { createTeller, planTraining } from './plan';
import { batchOf } from './trainee';

/** Samples whose mean distance to each other is below this share of that of real images have collapsed. */
const collapsedShare = 0.25;

/**
 * Like `train`, for an architecture with an adversary. Generated images lie in [-1, 1], dataset images in
 * [0, 1]. There is no validation loss to stop by: all epochs are trained and the last weights are kept.
 */
export async function* trainAgainstAdversary(
  model: Model,
  dataset: Dataset,
  options: Partial<TrainOptions> & TrainExtras,
): AsyncGenerator<TrainEvent, TrainResult, 'stop' | void> {
  const { resume, ...given } = options;
  const plan = planTraining(model, dataset, given);
  const { settings, batchSize, batches, total, identity } = plan;
  const { architecture } = model;
  const { count } = dataset.splits.training;
  const contest = await compileContest(model, dataset, plan);
  try {
    const state = resume ? resumeFrom(resume, identity) : beginning(identity, settings.seed);
    if (resume) contest.restore(state);
    const random = createRandom(state.noiseState);
    const teller = createTeller();
    let ended: TrainResult['ended'] = 'finished';
    const checkpoint = (): TrainEvent => {
      const now = { ...state, noiseState: random.state(), ...contest.state() };
      return { type: 'checkpoint', bytes: encodeCheckpoint(now) };
    };
    let trainingLoss = state.epochLoss ?? NaN;
    let warned = false;

    epochs: while (state.epoch < settings.epochs) {
      const epochRandom = createRandom(state.shuffleState);
      const order = shuffled(count, epochRandom);
      while (state.batch < batches) {
        const done = state.epoch * batches + state.batch;
        const indices = batchOf(order, state.batch, batchSize);
        const losses = await contest.step(indices, random, learningRateAt(settings, done, total));
        if (!losses) {
          throw new KolmoError(
            `The loss is no longer a number at step ${done + 1} (epoch ${state.epoch + 1}): ` +
              `lower the learning rate, which is ${settings.learningRate}.`,
          );
        }
        state.batch++;
        state.epochSum = { steps: state.batch, loss: state.epochSum.loss + losses.loss };
        trainingLoss = state.epochSum.loss / state.batch;
        yield* teller.tell({ type: 'point', step: done + 1, split: 'training', ...losses });
        yield* teller.tell({
          type: 'progress',
          done: done + 1,
          total,
          examples: (done + 1) * batchSize,
          note: `Epoch ${state.epoch + 1} of ${settings.epochs}`,
        });
        if (state.batch === batches) break;
        // Whoever stops it may go on from here, too.
        if ((done + 1) % settings.checkpointSteps === 0 || teller.stopped) {
          yield* teller.tell(checkpoint());
        }
        if (teller.stopped) {
          ended = 'stopped';
          break epochs;
        }
      }
      const share = warned ? 1 : contest.spread();
      if (share < collapsedShare) {
        warned = true;
        yield* teller.tell({
          type: 'warning',
          message:
            `The generator draws nearly the same image each time (epoch ${state.epoch + 1}: samples ` +
            `differ ${Math.round(share * 100)} % as much as real images). ${collapseRemedy(architecture.name)}`,
        });
      }
      state.epoch++;
      state.bestEpoch = state.epoch;
      state.epochLoss = trainingLoss;
      state.batch = 0;
      state.epochSum = { steps: 0, loss: 0 };
      state.shuffleState = epochRandom.state();
      const step = state.epoch * batches;
      yield* teller.tell({ type: 'epoch', step, ...contest.views() });
      yield* teller.tell({ type: 'samples', step, epoch: state.epoch, ...(await contest.draw()) });
      yield* teller.tell(checkpoint());
      if (teller.stopped) {
        ended = 'stopped';
        break;
      }
    }
    return {
      model: contest.model(),
      validation: { loss: trainingLoss },
      trainingLoss,
      epochs: state.epoch,
      bestEpoch: state.bestEpoch,
      examples: (state.epoch * batches + state.batch) * batchSize,
      ended,
    };
  } finally {
    await contest.dispose();
  }
}
