/** `kolmo train DATASET` */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { datasetDefaults } from '../core/data/dataset';
import { architectures } from '../core/train/architectures/architectures';
import { qualityText } from '../report/quality';
import { flagName } from '../report/reproduce';
import type { TrainSummary } from '../jobs/train';
import { formatCount } from '../core/count';
import { formatSeconds } from '../runs/units';
import type { WordSchema } from '../runs/schema';
import { shareSettings, trainSettings } from '../runs/trainSettings';
import { flagOf, UsageError, type Command, type Parsed } from './command';
import { engineChoice, engineFlag } from './engine';
import { inRunFolder } from './runFolder';
import { runJob } from './runJob';

export const train: Command = {
  usage: 'train DATASET',
  summary: 'Trains a model on a dataset; a run that was interrupted goes on with --out RUN.',
  operands: ['DATASET'],
  flags: {
    architecture: {
      type: 'text',
      description: 'Architecture, or auto for the one that fits best.',
      values: ['auto', ...Object.keys(architectures)],
      default: 'auto',
    },
    target: { type: 'text', description: 'Column of a table to predict.', default: 'a guess' },
    ...trainingFlags(),
    engine: engineFlag,
    ...flagsOf(shareSettings),
    out: { type: 'text', description: 'Folder of the run.' },
  },
  async run({ operands: [dataset], given, seed, threads, out, ...parsed }) {
    const path = resolve(dataset);
    if (!existsSync(path)) throw new UsageError(`${dataset} is not there.`);
    const flag = <T>(name: string): T | undefined => given.get(name) as T | undefined;
    const architecture = flag<string>('architecture') ?? 'auto';
    return inRunFolder({ out, dataset: path, architecture }, (run) =>
      runJob(
        {
          type: 'train',
          dataset: path,
          data: {
            ...datasetDefaults,
            target: flag('target'),
            ...givenOf(shareSettings, given),
            seed,
          },
          architecture,
          training: { ...givenOf(trainSettings, given), seed },
          ...engineChoice(given, path),
          run,
          threads,
        },
        parsed,
      ),
    );
  },
  print(result) {
    const summary = result as TrainSummary;
    const { architecture, parameters, epochs, seconds, examplesPerSecond, metrics } = summary;
    return [
      `${architecture}, ${formatCount(parameters)} parameters, ${formatCount(epochs)} ${epochs === 1 ? 'epoch' : 'epochs'} in ${formatSeconds(seconds)}, ${formatCount(examplesPerSecond)} examples/s`,
      ...(['test', 'validation'] as const).flatMap((split) => {
        const measured = metrics[split];
        return measured ? [`${split} ${qualityText(measured)}`] : [];
      }),
      summary.run,
      '',
    ].join('\n');
  },
};

function flagsOf(settings: Record<string, WordSchema>): Command['flags'] {
  return Object.fromEntries(
    Object.entries(settings).map(([name, schema]) => [flagName(name), flagOf(schema)]),
  );
}

/** An architecture may have its own number of everything but the optimizer. */
function trainingFlags(): Command['flags'] {
  return Object.fromEntries(
    Object.entries(flagsOf(trainSettings)).map(([name, flag]) => [
      name,
      flag.values ? flag : { ...flag, default: `${flag.default}, or the architecture's own` },
    ]),
  );
}

/** The settings whose flags were given. */
function givenOf(settings: object, given: Parsed['given']): object {
  const names = Object.keys(settings).filter((name) => given.has(flagName(name)));
  return Object.fromEntries(names.map((name) => [name, given.get(flagName(name))]));
}
