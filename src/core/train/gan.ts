/** Trains a generator against a discriminator, in alternating steps (Goodfellow et al. 2014). */
import type { Dataset } from '../data/dataset';
import { createOptimizer } from '../engine/optimizer';
import { compileForward, compileStep, type Forward, type Step, type Tensors } from '../engine/step';
import * as tf from '../engine/tf';
import { KolmoError } from '../error';
import { createRandom, shuffle } from '../random';
import { beginning, encodeCheckpoint, resumeFrom } from './checkpoint';
import type { TrainEvent, TrainExtras, TrainResult } from './events';
import { averageDecay } from './layers/batchNorm';
import { forward, initialize, placeLayers } from './layers/layers';
import { sizeOf } from './layers/layer';
import type { Architecture, Model } from './model';
import { learningRateAt, trainDefaults, type TrainOptions } from './options';
import { batchOf, constraintOf } from './trainee';

/** Samples that are drawn after each epoch, of the same noise. */
const shown = { count: 64, columns: 8 };

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
  const settings: TrainOptions = { ...trainDefaults, ...given };
  const { architecture } = model;
  const examples = dataset.splits.training;
  const batchSize = Math.min(settings.batchSize, examples.count);
  const batches = Math.ceil(examples.count / batchSize);
  const total = settings.epochs * batches;
  const identity = JSON.stringify([
    architecture,
    { ...settings, threads: 0, runtime: '' },
    examples.count,
  ]);

  let stop = false;
  const emit = function* (event: TrainEvent): Generator<TrainEvent, void, 'stop' | void> {
    if ((yield event) === 'stop') stop = true;
  };

  const adversary = initialize(adversaryOf(architecture, dataset), settings.seed + 1);
  const teacher = await compileDiscriminator(adversary, batchSize, settings);
  const pupil = await compileGenerator(model, adversary, batchSize, settings);
  const artist = await compileArtist(model, pupil, settings);
  try {
    const ofPupil = createOptimizer(settings.optimizer, pupil, settings);
    const ofTeacher = createOptimizer(settings.optimizer, teacher, settings);
    const showTeacher = (): void => {
      for (const { name } of adversary.parameters) {
        pupil.parameters[adversaryName(name)].set(teacher.parameters[name]);
      }
    };
    const arrays = (): Float32Array[] => [
      ...model.parameters.map(({ name }) => pupil.parameters[name]),
      ...adversary.parameters.map(({ name }) => teacher.parameters[name]),
    ];

    const state = resume ? resumeFrom(resume, identity) : beginning(identity, settings.seed);
    if (resume) {
      split(state.arrays.parameters, arrays());
      const halves = [ofPupil.state().moments, ofTeacher.state().moments];
      split(state.arrays.moments, halves);
      [ofPupil, ofTeacher].forEach((optimizer, i) =>
        optimizer.restore({ updates: state.optimizerUpdates, moments: halves[i] }),
      );
    }
    showTeacher();
    const random = createRandom(state.noiseState);
    const order = new Int32Array(examples.count);
    const real = teacher.inputs.real as Float32Array;
    const targets = new Float32Array(batchSize * dataset.targetSize);
    let ended: TrainResult['ended'] = 'finished';
    let trainingLoss = NaN;
    let warned = false;

    epochs: while (state.epoch < settings.epochs) {
      const epochRandom = createRandom(state.shuffleState);
      for (let i = 0; i < order.length; i++) order[i] = i;
      shuffle(order, epochRandom);
      let lossSum = 0;
      for (state.batch = 0; state.batch < batches; state.batch++) {
        const done = state.epoch * batches + state.batch;
        const rate = learningRateAt(settings, done, total);
        const noise = pupil.inputs.noise;
        for (let i = 0; i < noise.length; i++) noise[i] = random.normal();
        const drawn = await pupil.run();
        examples.read(batchOf(order, state.batch, batchSize), real, targets);
        for (let i = 0; i < real.length; i++) real[i] = 2 * real[i] - 1;
        teacher.inputs.drawn.set(drawn.samples as Float32Array);
        const judged = await teacher.run();
        if (!Number.isFinite(drawn.loss) || !Number.isFinite(judged.loss)) {
          throw new KolmoError(
            `The loss is no longer a number at step ${done + 1} (epoch ${state.epoch + 1}): ` +
              `lower the learning rate, which is ${settings.learningRate}.`,
          );
        }
        ofPupil.update(rate);
        ofTeacher.update(rate);
        moveAverages(pupil, drawn);
        showTeacher();
        lossSum += drawn.loss;
        yield* emit({
          type: 'point',
          step: done + 1,
          split: 'training',
          loss: drawn.loss,
          adversaryLoss: judged.loss,
        });
        yield* emit({
          type: 'progress',
          done: done + 1,
          total,
          examples: (done + 1) * batchSize,
          note: `Epoch ${state.epoch + 1} of ${settings.epochs}`,
        });
        if (stop) {
          ended = 'stopped';
          break epochs;
        }
        if (state.batch === batches - 1 && !warned) {
          const size = sizeOf(dataset.inputShape);
          const share = spread(drawn.samples as Float32Array, size) / spread(real, size);
          if (share < collapsedShare) {
            warned = true;
            yield* emit({
              type: 'warning',
              message:
                `The generator draws nearly the same image each time (epoch ${state.epoch + 1}: samples ` +
                `differ ${Math.round(share * 100)} % as much as real images): train it again with ` +
                'gan-batch-norm, label smoothing or a lower learning rate.',
            });
          }
        }
      }
      trainingLoss = lossSum / batches;
      state.epoch++;
      state.bestEpoch = state.epoch;
      state.batch = 0;
      state.shuffleState = epochRandom.state();
      const step = state.epoch * batches;
      yield* emit({ type: 'epoch', step, ...viewsOf(pupil, teacher) });
      const images = ((await artist.run()).images as Float32Array).map((pixel) => (pixel + 1) / 2);
      const { columns } = shown;
      const shape = dataset.inputShape;
      yield* emit({ type: 'samples', step, epoch: state.epoch, images, shape, columns });
      const moments = [ofPupil.state(), ofTeacher.state()];
      yield* emit({
        type: 'checkpoint',
        bytes: encodeCheckpoint({
          ...state,
          noiseState: random.state(),
          optimizerUpdates: moments[0].updates,
          arrays: {
            parameters: join(arrays()),
            moments: join(moments.map((each) => each.moments)),
            best: new Float32Array(),
          },
        }),
      });
      if (stop) {
        ended = 'stopped';
        break;
      }
    }
    return {
      model: {
        architecture,
        parameters: model.parameters.map((parameter) => ({
          ...parameter,
          data: pupil.parameters[parameter.name].slice(),
          encoding: { type: 'float32' },
        })),
      },
      validation: { loss: trainingLoss },
      trainingLoss,
      epochs: state.epoch,
      bestEpoch: state.bestEpoch,
      examples: (state.epoch * batches + state.batch) * batchSize,
      ended,
    };
  } finally {
    await artist.dispose();
    await pupil.dispose();
    await teacher.dispose();
  }
}

/** The discriminator as an architecture of its own, over the dataset's images. */
const adversaryOf = ({ name, adversary }: Architecture, { inputShape }: Dataset): Architecture => ({
  name: `${name}/adversary`,
  inputShape,
  layers: adversary!,
  task: 'classification',
});

const adversaryName = (parameter: string): string => `adversary/${parameter}`;

const recordedName = (parameter: string): string => `recorded/${parameter}`;

/** Binary cross entropy of examples and of drawn images, half each. */
async function compileDiscriminator(
  adversary: Model,
  batchSize: number,
  { labelSmoothing, threads, runtime }: TrainOptions,
): Promise<Step> {
  const placed = placeLayers(adversary.architecture);
  const shape = [batchSize, ...adversary.architecture.inputShape];
  const step = await compileStep({
    parameters: adversary.parameters.map(({ name, shape }) => ({ name, shape })),
    inputs: [
      { name: 'real', shape },
      { name: 'drawn', shape },
    ],
    loss(weights, { real, drawn }) {
      const both = forward(placed, weights, tf.concat([real, drawn], 0), pass());
      const truth = tf.concat([
        tf.fill([batchSize, 1], 1 - labelSmoothing),
        tf.zeros([batchSize, 1]),
      ]);
      return { loss: tf.losses.sigmoidCrossEntropy(truth, both) };
    },
    threads,
    runtime,
  });
  for (const { name, data } of adversary.parameters) step.parameters[name].set(data);
  return step;
}

/** The generator wants its images to be taken for real (the non-saturating loss of the paper). */
async function compileGenerator(
  model: Model,
  adversary: Model,
  batchSize: number,
  { threads, runtime }: TrainOptions,
): Promise<Step> {
  const placed = placeLayers(model.architecture);
  const judge = placeLayers(adversary.architecture);
  const averages = placed.flatMap(({ name, parameters }) =>
    parameters.filter((own) => own.trained === false).map(({ role }) => `${name}/${role}`),
  );
  const step = await compileStep({
    parameters: [
      ...model.parameters.map((parameter) => ({
        name: parameter.name,
        shape: parameter.shape,
        trained: !averages.includes(parameter.name),
        constraint: constraintOf(parameter),
      })),
      ...adversary.parameters.map(({ name, shape }) => ({
        name: adversaryName(name),
        shape,
        trained: false,
      })),
    ],
    inputs: [{ name: 'noise', shape: [batchSize, ...model.architecture.inputShape] }],
    loss(weights, { noise }) {
      const recorded: Tensors = {};
      const samples = forward(placed, weights, noise, {
        ...pass(),
        logits: false,
        record: (name, value) => (recorded[recordedName(name)] = value),
      });
      const theirs = Object.fromEntries(
        adversary.parameters.map(({ name }) => [name, weights[adversaryName(name)]]),
      );
      const score = forward(judge, theirs, samples, pass());
      const loss = tf.losses.sigmoidCrossEntropy(tf.onesLike(score), score);
      return { loss, samples, ...recorded };
    },
    threads,
    runtime,
  });
  for (const { name, data } of model.parameters) step.parameters[name].set(data);
  return step;
}

/** Draws as the exported generator will, always of the same noise. */
async function compileArtist(
  { architecture, parameters }: Model,
  { parameters: views }: Step,
  { seed, threads, runtime }: TrainOptions,
): Promise<Forward> {
  const placed = placeLayers(architecture);
  const artist = await compileForward({
    parameters,
    inputs: [{ name: 'noise', shape: [shown.count, ...architecture.inputShape] }],
    outputs: (weights, { noise }) => ({
      images: forward(placed, weights, noise, { ...pass(), training: false, logits: false }),
    }),
    views,
    threads,
    runtime,
  });
  const { noise } = artist.inputs;
  const random = createRandom(seed + 2);
  for (let i = 0; i < noise.length; i++) noise[i] = random.normal();
  return artist;
}

/** Weights and gradients of both networks, each weight once. */
function viewsOf(
  pupil: Step,
  teacher: Step,
): Pick<Extract<TrainEvent, { type: 'epoch' }>, 'weights' | 'gradients'> {
  const renamed = (arrays: Record<string, Float32Array>): [string, Float32Array][] =>
    Object.entries(arrays).map(([name, data]) => [adversaryName(name), data]);
  return {
    weights: { ...pupil.parameters, ...Object.fromEntries(renamed(teacher.parameters)) },
    gradients: { ...pupil.gradients, ...Object.fromEntries(renamed(teacher.gradients)) },
  };
}

const pass = () => ({ training: true, logits: true, noise: {}, record: () => {} });

function moveAverages(step: Step, results: Record<string, number | Float32Array>): void {
  for (const name in step.parameters) {
    const current = results[recordedName(name)];
    if (current === undefined || typeof current === 'number') continue;
    const average = step.parameters[name];
    for (let i = 0; i < average.length; i++) {
      average[i] = averageDecay * average[i] + (1 - averageDecay) * current[i];
    }
  }
}

/** Mean squared distance of the images from their mean. */
function spread(images: Float32Array, size: number): number {
  const count = images.length / size;
  let sum = 0;
  for (let pixel = 0; pixel < size; pixel++) {
    let [total, squares] = [0, 0];
    for (let i = pixel; i < images.length; i += size) {
      total += images[i];
      squares += images[i] ** 2;
    }
    sum += squares / count - (total / count) ** 2;
  }
  return sum / size;
}

function join(parts: Float32Array[]): Float32Array {
  const all = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    all.set(part, offset);
    offset += part.length;
  }
  return all;
}

function split(all: Float32Array, parts: Float32Array[]): void {
  let offset = 0;
  for (const part of parts) {
    part.set(all.subarray(offset, offset + part.length));
    offset += part.length;
  }
}
