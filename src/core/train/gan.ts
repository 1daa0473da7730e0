/** Trains a generator against a discriminator, in alternating steps (Goodfellow et al. 2014). */
import type { Dataset } from '../data/dataset';
import { joinFloats, splitFloats } from '../join';
import { createOptimizer } from '../engine/optimizer';
import type { Step } from '../engine/step';
import { KolmoError } from '../error';
import { createRandom, shuffled } from '../random';
import { sizeOf } from '../shape';
import {
  adversaryName,
  adversaryOf,
  compileArtist,
  compileDiscriminator,
  compileGenerator,
  shown,
} from './adversary';
import { collapseRemedy } from './architectures/gan';
import { moveAverages } from './averages';
import { beginning, encodeCheckpoint, resumeFrom } from './checkpoint';
import type { TrainEvent, TrainExtras, TrainResult } from './events';
import { initialize } from './layers/layers';
import type { Model } from './model';
import { learningRateAt, trainDefaults, type TrainOptions } from './options';
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
  const pupil = await compileGenerator(model, adversary, teacher, batchSize, settings);
  const artist = await compileArtist(model, pupil, settings);
  try {
    const ofPupil = createOptimizer(settings.optimizer, pupil, settings);
    const ofTeacher = createOptimizer(settings.optimizer, teacher, settings);
    const arrays = (): Float32Array[] => [
      ...model.parameters.map(({ name }) => pupil.parameters[name]),
      ...adversary.parameters.map(({ name }) => teacher.parameters[name]),
    ];

    const state = resume ? resumeFrom(resume, identity) : beginning(identity, settings.seed);
    if (resume) {
      splitFloats(state.arrays.parameters, arrays());
      const halves = [ofPupil.state().moments, ofTeacher.state().moments];
      splitFloats(state.arrays.moments, halves);
      [ofPupil, ofTeacher].forEach((optimizer, i) =>
        optimizer.restore({ updates: state.optimizerUpdates, moments: halves[i] }),
      );
    }
    const random = createRandom(state.noiseState);
    const real = teacher.inputs.real as Float32Array;
    const targets = new Float32Array(batchSize * dataset.targetSize);
    let ended: TrainResult['ended'] = 'finished';
    let trainingLoss = NaN;
    let warned = false;

    epochs: while (state.epoch < settings.epochs) {
      const epochRandom = createRandom(state.shuffleState);
      const order = shuffled(examples.count, epochRandom);
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
                `differ ${Math.round(share * 100)} % as much as real images). ${collapseRemedy(architecture.name)}`,
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
            parameters: joinFloats(arrays()),
            moments: joinFloats(moments.map((each) => each.moments)),
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

/** Weights and gradients of both networks, each weight once: the pupil has its teacher's weights already. */
function viewsOf(
  pupil: Step,
  teacher: Step,
): Pick<Extract<TrainEvent, { type: 'epoch' }>, 'weights' | 'gradients'> {
  const theirs = Object.entries(teacher.gradients).map(([name, data]) => [
    adversaryName(name),
    data,
  ]);
  return {
    weights: pupil.parameters,
    gradients: { ...pupil.gradients, ...Object.fromEntries(theirs) },
  };
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
