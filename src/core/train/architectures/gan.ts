/** Generative adversarial networks for images (Goodfellow et al. 2014), fully connected. */
import { sizeOf } from '../../shape';
import type { LayerSpec } from '../model';
import type { ArchitectureChoice, DatasetShape } from './architecture';

/** Normal random numbers that a sample is drawn from. */
const noiseUnits = 100;

const fits = ({ inputShape }: DatasetShape): true | string =>
  inputShape.length === 3 ? true : 'A GAN draws images.';

export const gan: ArchitectureChoice = {
  name: 'gan',
  title: 'GAN',
  description:
    'A generator 100-128-256-512-1024 that learns to draw images against a discriminator.',
  fits,
  preference: 0.4,
  reason: 'the dataset holds images',
  build: ({ inputShape }) => ({
    name: 'gan',
    inputShape: [noiseUnits],
    layers: [
      ...[128, 256, 512, 1024].map((units): LayerSpec => ({
        type: 'dense',
        units,
        activation: 'relu',
      })),
      { type: 'dense', units: sizeOf(inputShape), activation: 'tanh' },
      { type: 'reshape', shape: inputShape },
    ],
    task: 'generation',
    adversary: discriminator([128, 256, 512, 1024], 'relu'),
  }),
  training: { epochs: 50, learningRate: 1e-4, schedule: { type: 'constant' }, patience: 0 },
};

export const ganBatchNorm: ArchitectureChoice = {
  name: 'gan-batch-norm',
  title: 'GAN with batch normalisation',
  description: 'The GAN with normalised layers and smoothed labels: steadier, better samples.',
  fits,
  preference: 0.3,
  reason: 'the dataset holds images',
  build: ({ inputShape }) => ({
    name: 'gan-batch-norm',
    inputShape: [noiseUnits],
    layers: [
      ...[128, 256, 512, 1024].flatMap((units): LayerSpec[] => [
        { type: 'dense', units, activation: 'leakyRelu' },
        { type: 'batchNorm' },
      ]),
      { type: 'dense', units: sizeOf(inputShape), activation: 'tanh' },
      { type: 'reshape', shape: inputShape },
    ],
    task: 'generation',
    adversary: discriminator([512, 256], 'leakyRelu'),
  }),
  training: {
    epochs: 50,
    learningRate: 2e-4,
    // With the usual 0.9 the two networks chase each other (Radford et al. 2016).
    beta1: 0.5,
    schedule: { type: 'constant' },
    labelSmoothing: 0.1,
    patience: 0,
  },
};

/** What to do when a GAN of this name draws nearly the same image each time. */
export const collapseRemedy = (name: string): string =>
  name === ganBatchNorm.name
    ? 'Train it again on more examples, for more epochs or with a lower learning rate.'
    : `Train it again with ${ganBatchNorm.name}, label smoothing or a lower learning rate.`;

const discriminator = (widths: number[], activation: 'relu' | 'leakyRelu'): LayerSpec[] => [
  { type: 'flatten' },
  ...widths.map((units): LayerSpec => ({ type: 'dense', units, activation })),
  { type: 'dense', units: 1, activation: 'sigmoid' },
];
