/** The training loop: seeded, resumable bit for bit, with the best weights kept. */
import type { Dataset } from '../data/dataset';
import { KolmoError } from '../error';
import { createRandom, type Random } from '../random';
import { beginning, encodeCheckpoint, resumeFrom, type Checkpoint } from './checkpoint';
import { trainAgainstAdversary } from './gan';
import { flopsOf, placeLayers } from './layers/layers';
import type { Architecture, Metrics, Model } from './model';
import type { TrainEvent, TrainExtras, TrainResult } from './events';
import { fineTuneDefaults, learningRateAt, type TrainOptions } from './options';
import { allArrived, epochOrder } from './order';
import { createTeller, planTraining, type Teller, type TrainPlan } from './plan';
import { batchOf, compileTrainee, type Trainee } from './trainee';

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
  if (model.architecture.adversary) return yield* trainAgainstAdversary(model, dataset, options);
  const { resume, objective, observe, ...given } = options;
  const plan = planTraining(model, dataset, given);
  const { settings, batchSize, batches, identity } = plan;
  const trainee = await compileTrainee(model, dataset, batchSize, settings, { objective, observe });
  try {
    const state = resume ? resumeFrom(resume, identity) : beginning(identity, settings.seed);
    if (resume) {
      const { parameters, moments } = state.arrays;
      trainee.setParameters(parameters);
      trainee.optimizer.restore({ updates: state.optimizerUpdates, moments });
    }
    const random = createRandom(state.noiseState);
    const course: Course = { ...plan, dataset, trainee, state, random, teller: createTeller() };
    // It may have been stopped while its result was measured.
    let ended: Ended | undefined = waitedEnough(course) ? 'early' : undefined;
    while (!ended && state.epoch < settings.epochs) {
      ended = yield* takeSteps(course);
      if (ended) break;
      state.epochLoss = means(state.epochSum).loss;
      ended = yield* closeEpoch(course);
    }

    // Stopped within an epoch: the weights as they are may be better than those of the best epoch.
    await allArrived(dataset);
    if (state.batch > 0 && ended === 'stopped') {
      keepIfBest(course, yield* validate(course), state.epoch + 1);
    }
    if (state.arrays.best.length > 0) trainee.setParameters(state.arrays.best);
    return {
      model: trainee.model(),
      validation: course.best ?? (yield* validate(course)),
      trainingLoss:
        state.epochSum.steps > 0 ? means(state.epochSum).loss : (state.epochLoss ?? NaN),
      epochs: state.epoch,
      bestEpoch: state.bestEpoch,
      examples: (state.epoch * batches + state.batch) * batchSize,
      ended: ended ?? 'finished',
    };
  } finally {
    await trainee.dispose();
  }
}

/** A training under way: what its steps, its validations and its checkpoints share. */
interface Course extends TrainPlan {
  dataset: Dataset;
  trainee: Trainee;
  /** All that a checkpoint keeps, but for what the trainee and the generator hold. */
  state: Checkpoint;
  /** Of noise and image shifts. */
  random: Random;
  teller: Teller;
  /** Of the best weights, once this process has measured them. */
  best?: Metrics;
}

type Ended = TrainResult['ended'];
type Told<Result> = AsyncGenerator<TrainEvent, Result, 'stop' | void>;

/** Takes the steps of an epoch that are not behind; gives why the training ends there, if it does. */
async function* takeSteps(course: Course): Told<Ended | undefined> {
  const { trainee, state, settings, batchSize, batches, total, teller, dataset, random } = course;
  const pointSteps = stepsPerPoint(trainee.architecture, batchSize);
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
      const kept = `${message} The weights of epoch ${state.bestEpoch} were kept.`;
      yield* teller.tell({ type: 'warning', message: kept });
      return 'diverged';
    }
    state.batch++;
    add(state.point, loss, error);
    add(state.epochSum, loss, error);
    if ((done + 1) % pointSteps === 0 || state.batch === batches) {
      const mean = means(state.point);
      yield* teller.tell({ type: 'point', step: done + 1, split: 'training', ...mean });
      state.point = { steps: 0, loss: 0 };
      yield* teller.tell(progressOf(course));
    }
    if (state.batch === batches) break;
    // Whoever stops it may go on from here, too.
    if ((done + 1) % settings.checkpointSteps === 0 || teller.stopped) {
      yield* teller.tell(checkpointOf(course));
    }
    if (teller.stopped) return 'stopped';
  }
  state.shuffleState = epochRandom.state();
  return undefined;
}

/** Measures the weights after an epoch, and keeps them where none were better; gives why the training ends, if it does. */
async function* closeEpoch(course: Course): Told<Ended | undefined> {
  const { trainee, state, batches, teller, dataset } = course;
  await allArrived(dataset);
  const measured = yield* validate(course);
  state.epoch++;
  state.batch = 0;
  state.epochSum = { steps: 0, loss: 0 };
  keepIfBest(course, measured, state.epoch);
  const { loss, error } = measured;
  const step = state.epoch * batches;
  yield* teller.tell({
    type: 'point',
    step,
    split: 'validation',
    loss,
    ...(error === undefined ? {} : { error }),
  });
  yield* teller.tell({ type: 'epoch', step, ...trainee.views });
  if (trainee.architecture.task === 'generation') {
    const samples = await trainee.redraw();
    yield* teller.tell({ type: 'samples', step, epoch: state.epoch, ...samples });
  }
  yield* teller.tell(checkpointOf(course));
  if (teller.stopped) return 'stopped';
  return waitedEnough(course) ? 'early' : undefined;
}

/** Whether as many epochs as its patience has brought nothing better. */
const waitedEnough = ({ state, settings: { patience } }: Course): boolean =>
  patience > 0 && state.epoch - state.bestEpoch >= patience;

/** Whoever drives the loop has a word after each batch, so that a stop need not wait for the last. */
async function* validate(course: Course): Told<Metrics> {
  const validating = course.trainee.validate();
  for (;;) {
    const measured = await validating.next();
    if (measured.done) return measured.value;
    yield* course.teller.tell(progressOf(course));
  }
}

function keepIfBest(course: Course, measured: Metrics, epoch: number): void {
  const { state, trainee } = course;
  if (!(measured.loss < state.bestLoss)) return;
  state.arrays.best = trainee.parameters();
  state.bestLoss = measured.loss;
  state.bestEpoch = epoch;
  course.best = measured;
}

function progressOf({ state, settings, batches, batchSize, total }: Course): TrainEvent {
  const done = state.epoch * batches + state.batch;
  const note = `Epoch ${Math.ceil(done / batches)} of ${settings.epochs}`;
  return { type: 'progress', done, total, examples: done * batchSize, note };
}

function checkpointOf({ state, trainee, random }: Course): TrainEvent {
  const { updates, moments } = trainee.optimizer.state();
  const arrays = { parameters: trainee.parameters(), moments, best: state.arrays.best };
  const now = { ...state, noiseState: random.state(), optimizerUpdates: updates, arrays };
  return { type: 'checkpoint', bytes: encodeCheckpoint(now) };
}

/** Trains a compressed model on, gently: `train` with the defaults of `fineTuneDefaults`. */
export const fineTune = (
  model: Model,
  dataset: Dataset,
  options: Partial<TrainOptions> & TrainExtras = {},
): AsyncGenerator<TrainEvent, TrainResult, 'stop' | void> =>
  train(model, dataset, { ...fineTuneDefaults, ...options });

/** Often enough for a smooth curve and a quick stop, seldom enough to cost nothing. */
function stepsPerPoint(architecture: Architecture, batchSize: number): number {
  const work = 3 * flopsOf(placeLayers(architecture)) * batchSize;
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
