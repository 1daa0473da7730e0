/** A generator and its discriminator while they train: steps, what is drawn, and what a checkpoint keeps of both. */
import type { Dataset } from '../data/dataset';
import { createOptimizer, type Optimizer } from '../engine/optimizer';
import type { Step } from '../engine/step';
import { joinFloats, splitFloats } from '../join';
import { orDispose } from '../orDispose';
import type { Random } from '../random';
import { sizeOf } from '../shape';
import { adversaryName, compileNetworks, shown, type Networks } from './adversary';
import { moveAverages } from './averages';
import type { Checkpoint } from './checkpoint';
import type { TrainEvent } from './events';
import type { Model } from './model';
import type { TrainPlan } from './plan';

type Of<Type extends TrainEvent['type']> = Extract<TrainEvent, { type: Type }>;

export interface Contest {
  /** One step of both networks; undefined, and no weights change, where a loss is no number. */
  step(
    indices: Int32Array,
    random: Random,
    learningRate: number,
  ): Promise<{ loss: number; adversaryLoss: number } | undefined>;
  /** Mean squared distance of the last step's samples from their mean, as a share of that of its real images. */
  spread(): number;
  /** What the generator draws of the same noise each time. */
  draw(): Promise<Pick<Of<'samples'>, 'images' | 'shape' | 'columns'>>;
  views(): Pick<Of<'epoch'>, 'weights' | 'gradients'>;
  state(): Pick<Checkpoint, 'optimizerUpdates' | 'arrays'>;
  restore(state: Checkpoint): void;
  /** The generator with the weights as they are. */
  model(): Model;
  dispose(): Promise<void>;
}

export async function compileContest(
  model: Model,
  dataset: Dataset,
  plan: TrainPlan,
): Promise<Contest> {
  const { settings, batchSize } = plan;
  const networks = await compileNetworks(model, dataset, plan);
  const { teacher, pupil, artist } = networks;
  const optimizers = await orDispose(networks, () =>
    [pupil, teacher].map((network) => createOptimizer(settings.optimizer, network, settings)),
  );
  const real = teacher.inputs.real as Float32Array;
  const targets = new Float32Array(batchSize * dataset.targetSize);
  let samples = new Float32Array();
  return {
    async step(indices, random, learningRate) {
      const { noise } = pupil.inputs;
      for (let i = 0; i < noise.length; i++) noise[i] = random.normal();
      const drawn = await pupil.run();
      samples = drawn.samples as Float32Array<ArrayBuffer>;
      dataset.splits.training.read(indices, real, targets);
      for (let i = 0; i < real.length; i++) real[i] = 2 * real[i] - 1;
      teacher.inputs.drawn.set(samples);
      const judged = await teacher.run();
      if (!Number.isFinite(drawn.loss) || !Number.isFinite(judged.loss)) return undefined;
      for (const optimizer of optimizers) optimizer.update(learningRate);
      moveAverages(pupil, drawn);
      return { loss: drawn.loss, adversaryLoss: judged.loss };
    },
    spread() {
      const size = sizeOf(dataset.inputShape);
      return spread(samples, size) / spread(real, size);
    },
    async draw() {
      const images = (await artist.run()).images as Float32Array;
      return {
        images: images.map((pixel) => (pixel + 1) / 2),
        shape: dataset.inputShape,
        columns: shown.columns,
      };
    },
    views: () => viewsOf(pupil, teacher),
    ...keepingOf(model, networks, optimizers),
    model: () => ({
      ...model,
      parameters: model.parameters.map((parameter) => ({
        ...parameter,
        data: pupil.parameters[parameter.name].slice(),
        encoding: { type: 'float32' },
      })),
    }),
    dispose: networks.dispose,
  };
}

/** What a checkpoint keeps: the weights of both networks, end to end, and what their optimizers remember. */
function keepingOf(
  model: Model,
  { adversary, pupil, teacher }: Networks,
  optimizers: Optimizer[],
): Pick<Contest, 'state' | 'restore'> {
  const arrays = [
    ...model.parameters.map(({ name }) => pupil.parameters[name]),
    ...adversary.parameters.map(({ name }) => teacher.parameters[name]),
  ];
  return {
    state() {
      const states = optimizers.map((optimizer) => optimizer.state());
      return {
        optimizerUpdates: states[0].updates,
        arrays: {
          parameters: joinFloats(arrays),
          moments: joinFloats(states.map(({ moments }) => moments)),
          best: new Float32Array(),
        },
      };
    },
    restore({ arrays: { parameters, moments }, optimizerUpdates }) {
      splitFloats(parameters, arrays);
      const halves = optimizers.map((optimizer) => optimizer.state().moments);
      splitFloats(moments, halves);
      optimizers.forEach((optimizer, i) =>
        optimizer.restore({ updates: optimizerUpdates, moments: halves[i] }),
      );
    },
  };
}

/** Weights and gradients of both networks, each weight once: the pupil has its teacher's weights already. */
function viewsOf(pupil: Step, teacher: Step): ReturnType<Contest['views']> {
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
