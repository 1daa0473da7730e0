/** `kolmo train DATASET` */
import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { datasetDefaults } from '../core/data/dataset';
import { runtimes, type Runtime } from '../core/engine/session';
import { qualityText } from '../core/report/quality';
import { trainDefaults } from '../core/train/options';
import type { TrainingOptions } from '../jobs/protocol';
import type { TrainSummary } from '../jobs/train';
import { runFolderFor } from '../runs/folder';
import { formatCount } from '../core/count';
import { formatSeconds } from '../runs/units';
import { UsageError, type Command } from './command';
import { runJob } from './runJob';

export const train: Command = {
  usage: 'train DATASET',
  summary: 'Trains a model on a dataset; a run that was interrupted goes on with --out RUN.',
  operands: ['DATASET'],
  flags: {
    architecture: {
      type: 'text',
      description: 'Architecture, or auto for the one that fits best.',
      default: 'auto',
    },
    target: { type: 'text', description: 'Column of a table to predict.', default: 'a guess' },
    epochs: count('Times to go over the training examples.', trainDefaults.epochs),
    'batch-size': count('Examples in a step.', trainDefaults.batchSize),
    optimizer: {
      type: 'text',
      description: 'Optimizer.',
      values: ['adam', 'sgd'],
      default: trainDefaults.optimizer,
    },
    'learning-rate': {
      type: 'number',
      description: 'Learning rate at the start.',
      default: trainDefaults.learningRate,
      minimum: 0,
    },
    patience: {
      ...count('Epochs without a better validation loss after which to end; 0 = never.', 10),
      minimum: 0,
    },
    'weight-decay': {
      type: 'number',
      description: 'Decoupled weight decay.',
      default: trainDefaults.weightDecay,
      minimum: 0,
    },
    'clip-norm': {
      type: 'number',
      description: 'Largest norm of the gradients; 0 = any.',
      default: trainDefaults.clipNorm,
      minimum: 0,
    },
    engine: {
      type: 'text',
      description:
        'What computes the steps; tfjs-node is looked for from the working directory and the dataset.',
      values: [...runtimes],
      default: 'auto',
    },
    'label-smoothing': {
      type: 'number',
      description: 'How much less than certain a GAN is taught that examples are real.',
      default: trainDefaults.labelSmoothing,
      minimum: 0,
      maximum: 0.5,
    },
    'validation-share': share('Share of the examples held out for validation.', '1/12'),
    'test-share': share(
      'Share held out for test, where there are no test files.',
      datasetDefaults.testShare,
    ),
  },
  async run({ operands: [dataset], given, seed, threads, out, ...parsed }) {
    const path = resolve(dataset);
    if (!existsSync(path)) throw new UsageError(`${dataset} is not there.`);
    const flag = <T>(name: string): T | undefined => given.get(name) as T | undefined;
    const architecture = flag<string>('architecture') ?? 'auto';
    const training: TrainingOptions = {
      epochs: flag('epochs'),
      batchSize: flag('batch-size'),
      optimizer: flag('optimizer'),
      learningRate: flag('learning-rate'),
      patience: flag('patience'),
      weightDecay: flag('weight-decay'),
      clipNorm: flag('clip-norm'),
      labelSmoothing: flag('label-smoothing'),
      seed,
    };
    return runJob<TrainSummary>(
      {
        type: 'train',
        dataset: path,
        data: {
          ...datasetDefaults,
          target: flag('target'),
          validationShare: flag('validation-share') ?? datasetDefaults.validationShare,
          testShare: flag('test-share') ?? datasetDefaults.testShare,
          seed,
        },
        architecture,
        training,
        ...(given.has('engine') && {
          engine: flag<Runtime>('engine'),
          modules: [process.cwd(), dirname(path)],
        }),
        run:
          out === undefined
            ? runFolderFor(process.cwd(), { dataset: path, architecture, date: new Date() })
            : resolve(out),
        threads,
      },
      parsed,
    );
  },
  print(result) {
    const summary = result as TrainSummary;
    const { architecture, parameters, epochs, seconds, examplesPerSecond, metrics } = summary;
    return [
      `${architecture}, ${formatCount(parameters)} parameters, ${epochs} epochs in ${formatSeconds(seconds)}, ${formatCount(examplesPerSecond)} examples/s`,
      ...(['test', 'validation'] as const).flatMap((split) => {
        const measured = metrics[split];
        return measured ? [`${split} ${qualityText(measured)}`] : [];
      }),
      summary.run,
      '',
    ].join('\n');
  },
};

function count(description: string, usual: number): Command['flags'][string] {
  return { type: 'number', description, default: usual, minimum: 1, integer: true };
}

function share(description: string, usual: number | string): Command['flags'][string] {
  return { type: 'number', description, default: usual, minimum: 0, maximum: 0.9 };
}
