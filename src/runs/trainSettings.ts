/** What a person may say of a training, with its range and its usual value: the flags of the CLI and the pipeline file are built from it. */
import { datasetDefaults, type DatasetOptions } from '../core/data/dataset';
import { runtimes } from '../core/engine/session';
import { trainDefaults, type TrainOptions } from '../core/train/options';
import { casesOf, type Schema, type WordSchema } from './schema';

export type Training = Omit<TrainOptions, 'seed' | 'threads' | 'runtime' | 'checkpointSteps'>;

const count = (description: string, usual: number, minimum = 1): WordSchema => ({
  type: 'integer',
  minimum,
  description,
  default: usual,
});

const amount = (description: string, usual: number, maximum?: number): WordSchema => ({
  type: 'number',
  minimum: 0,
  ...(maximum !== undefined && { maximum }),
  description,
  default: usual,
});

const share = (description: string, usual: number): WordSchema => ({
  type: 'number',
  exclusiveMinimum: 0,
  maximum: 0.9,
  description,
  default: usual,
});

export const trainSettings: { [N in keyof Omit<Training, 'schedule'>]: WordSchema } = {
  epochs: count('Times to go over the training examples.', trainDefaults.epochs),
  batchSize: count('Examples in a step.', trainDefaults.batchSize),
  optimizer: {
    type: 'string',
    enum: ['adam', 'sgd'],
    description: 'Optimizer.',
    default: trainDefaults.optimizer,
  },
  learningRate: {
    type: 'number',
    exclusiveMinimum: 0,
    description: 'Learning rate at the start.',
    default: trainDefaults.learningRate,
  },
  beta1: amount("How much of Adam's first moment a step keeps.", trainDefaults.beta1, 0.999),
  weightDecay: amount('Decoupled weight decay.', trainDefaults.weightDecay),
  clipNorm: amount('Largest norm of the gradients; 0 = any.', trainDefaults.clipNorm),
  shift: count('Images are moved by up to this many pixels.', trainDefaults.shift, 0),
  labelSmoothing: amount(
    'How much less than certain a GAN is taught that examples are real.',
    trainDefaults.labelSmoothing,
    0.5,
  ),
  patience: count(
    'Epochs without a better validation loss after which to end; 0 = never.',
    trainDefaults.patience,
    0,
  ),
};

/** The one setting of training that no flag says. */
export const scheduleSetting: Schema = casesOf(
  'type',
  {
    constant: {},
    cosine: {},
    step: {
      at: { type: 'array', items: { type: 'number', minimum: 0, maximum: 1 } },
      factor: { type: 'number', exclusiveMinimum: 0 },
    },
  },
  'How the learning rate falls.',
);

export const shareSettings: {
  [N in keyof Pick<DatasetOptions, 'validationShare' | 'testShare'>]: WordSchema;
} = {
  validationShare: share(
    'Share of the training examples held out for validation.',
    datasetDefaults.validationShare,
  ),
  testShare: share(
    'Share held out for test, where there are no test files.',
    datasetDefaults.testShare,
  ),
};

export const engineSetting: WordSchema = {
  type: 'string',
  enum: runtimes,
  description: 'What computes the steps of training; another engine may round differently.',
  default: trainDefaults.runtime,
};
