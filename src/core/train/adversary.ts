/** The networks of an adversarial training, compiled: the judge, the generator that learns from it, and the generator as it draws. */
import type { Dataset } from '../data/dataset';
import { compileForward, compileStep, type Forward, type Step, type Tensors } from '../engine/step';
import * as tf from '../engine/tf';
import { createRandom } from '../random';
import { recordedName } from './averages';
import { forward, inference, initialize, placeLayers } from './layers/layers';
import type { Architecture, Model } from './model';
import type { TrainOptions } from './options';
import type { TrainPlan } from './plan';
import { specsOf } from './trainee';

/** Samples that are drawn after each epoch, of the same noise. */
export const shown = { count: 64, columns: 8 };

/** The networks of one training; each reads the weights of the one before it where they are. */
export interface Networks {
  /** The discriminator before its first step. */
  adversary: Model;
  /** Trains the discriminator. */
  teacher: Step;
  /** Trains the generator by what its teacher says. */
  pupil: Step;
  /** Draws as the exported generator will, always of the same noise. */
  artist: Forward;
  dispose(): Promise<void>;
}

export async function compileNetworks(
  model: Model,
  dataset: Dataset,
  { settings, batchSize }: Pick<TrainPlan, 'settings' | 'batchSize'>,
): Promise<Networks> {
  const adversary = initialize(adversaryOf(model.architecture, dataset), settings.seed + 1);
  const compiled: { dispose(): Promise<void> }[] = [];
  const keep = <Network extends { dispose(): Promise<void> }>(network: Network): Network => {
    compiled.unshift(network);
    return network;
  };
  const dispose = async (): Promise<void> => {
    for (const network of compiled) await network.dispose();
  };
  try {
    const teacher = keep(await compileDiscriminator(adversary, batchSize, settings));
    const pupil = keep(await compileGenerator(model, adversary, teacher, batchSize, settings));
    const artist = keep(await compileArtist(model, pupil, settings));
    return { adversary, teacher, pupil, artist, dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}

/** The discriminator as an architecture of its own, over the dataset's images. */
const adversaryOf = ({ name, adversary }: Architecture, { inputShape }: Dataset): Architecture => ({
  name: `${name}/adversary`,
  inputShape,
  layers: adversary!,
  task: 'classification',
});

export const adversaryName = (parameter: string): string => `adversary/${parameter}`;

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

/**
 * The generator wants its images to be taken for real (the non-saturating loss of the paper).
 * @param discriminator the step that trains the adversary: its weights are read where they are
 */
async function compileGenerator(
  model: Model,
  adversary: Model,
  discriminator: Step,
  batchSize: number,
  { threads, runtime }: TrainOptions,
): Promise<Step> {
  const placed = placeLayers(model.architecture);
  const judge = placeLayers(adversary.architecture);
  const step = await compileStep({
    parameters: [
      ...specsOf(model, placed),
      ...adversary.parameters.map(({ name, shape }) => ({
        name: adversaryName(name),
        shape,
        trained: false,
        data: discriminator.parameters[name],
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
      images: forward(placed, weights, noise, inference(false)),
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

const pass = () => ({ training: true, logits: true, noise: {}, record: () => {} });
