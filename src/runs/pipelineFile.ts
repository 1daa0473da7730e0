/** The pipeline file `*.kolmo.json`: everything that decides the bytes of a model, from the dataset to the last pass. */
import { dirname, relative, resolve } from 'node:path';
import { passDescriptions } from '../core/compress/descriptions';
import type { PassDescription, PassName, PassOptions } from '../core/compress/pass';
import { datasetDefaults, type DatasetOptions } from '../core/data/dataset';
import { KolmoError } from '../core/error';
import { architectures } from '../core/train/architectures/architectures';
import type { Runtime } from '../core/engine/session';
import { trainDefaults } from '../core/train/options';
import type { CompressRequest, PassRequest, TrainRequest } from './runRequests';
import type { RunRecord } from './folder';
import { seedRange, threadRange } from './range';
import { casesOf, parseFile, type Schema } from './schema';
import type { RunState } from './state';
import {
  engineSetting,
  scheduleSetting,
  shareSettings,
  trainSettings,
  type Training,
} from './trainSettings';

export const pipelineExtension = '.kolmo.json';

export interface Pipeline {
  /** Absolute, or relative to the pipeline file. */
  dataset: string;
  preprocessing?: Preprocessing;
  architecture?: string;
  training?: Partial<Training>;
  passes?: PipelinePass[];
  seed?: number;
  threads?: number;
  engine?: Runtime;
}

type Preprocessing = Partial<
  Pick<DatasetOptions, 'target' | 'validationShare' | 'testShare' | 'seed'>
>;

/** The pass, whether it trains on (default: yes), its seed where it differs from the pipeline's, and its options. */
export type PipelinePass = { pass: PassName; fineTune?: boolean; seed?: number } & PassOptions;

const seed: Schema = {
  type: 'integer',
  ...seedRange,
  description: 'Seed of all chance: the same seed on the same machine gives the same bytes.',
  default: 1,
};

const trainingProperties: { [N in keyof Training]: Schema } = {
  ...trainSettings,
  schedule: scheduleSetting,
};

/** What one pass may be told: its one number, its further options, and what every pass may be told. */
function passProperties({
  setting,
  defaults,
  meanings,
  choices,
}: PassDescription): Record<string, Schema> {
  const { minimum, maximum, integer, prompt } = setting;
  const further = Object.entries(defaults).map(([name, usual]): [string, Schema] => {
    const said = { description: meanings[name], default: usual };
    if (typeof usual === 'number') return [name, { type: 'number', minimum: 0, ...said }];
    if (typeof usual === 'boolean') return [name, { type: 'boolean', ...said }];
    const known = choices?.[name];
    return [name, { type: 'string', ...(known && { enum: known }), ...said }];
  });
  return {
    [setting.name]: {
      type: integer ? 'integer' : 'number',
      minimum,
      maximum,
      description: prompt,
      default: setting.default,
    },
    ...Object.fromEntries(further),
    fineTune: { type: 'boolean', description: 'Train on after the pass.', default: true },
    seed: { ...seed, description: "Seed of this pass, where it is not the pipeline's." },
  };
}

export const passSchema: Schema = casesOf(
  'pass',
  Object.fromEntries(
    Object.values<PassDescription>(passDescriptions).map((row) => [row.name, passProperties(row)]),
  ),
  'A compression pass and its options.',
);

export const pipelineProperties: { [N in keyof Required<Pipeline>]: Schema } & {
  $schema: Schema;
} = {
  $schema: { type: 'string' },
  dataset: {
    type: 'string',
    minLength: 1,
    description:
      'Path of the dataset, seen from this file: a folder of images, an IDX image file, or a table (CSV, TSV, Parquet, JSON Lines).',
  },
  preprocessing: {
    type: 'object',
    description: 'What is done to the data before training.',
    properties: {
      target: { type: 'string', minLength: 1, description: 'Column of a table to predict.' },
      ...shareSettings,
      seed: { ...seed, description: "Seed of the splits, where it is not the pipeline's." },
    } satisfies { [N in keyof Required<Preprocessing>]: Schema },
    additionalProperties: false,
  },
  architecture: {
    type: 'string',
    enum: ['auto', ...Object.keys(architectures)],
    description: 'Architecture, or auto for the one that fits best.',
    default: 'auto',
  },
  training: {
    type: 'object',
    description: 'Settings of training that differ from the usual ones.',
    properties: trainingProperties,
    additionalProperties: false,
  },
  passes: {
    type: 'array',
    items: passSchema,
    description: 'Compression passes in the order in which they are applied.',
  },
  seed,
  threads: {
    type: 'integer',
    ...threadRange,
    description: 'Threads to compute on; another number may round differently.',
    default: 1,
  },
  engine: engineSetting,
};

/** What VS Code checks while a pipeline file is written, and what it is read with. */
export const pipelineSchema: Schema & { type: 'object' } = {
  type: 'object',
  description: 'A Kolmo pipeline: dataset, preprocessing, architecture, training, passes, seed.',
  properties: pipelineProperties,
  required: ['dataset'],
  additionalProperties: false,
};

/** Reads a pipeline file. Throws a KolmoError that names the field which is wrong. */
export function parsePipeline(text: string, file: string): Pipeline {
  return parseFile(text, pipelineSchema, file) as Pipeline;
}

export function formatPipeline(pipeline: Pipeline): string {
  return `${JSON.stringify(pipeline, null, 2)}\n`;
}

export interface RequestOptions {
  /** Absolute path of the pipeline file, from which the dataset is seen. */
  file: string;
  run: string;
  /** Used where the pipeline names no threads. */
  threads: number;
  /** Used where the pipeline names no engine. */
  engine?: Runtime;
  /** Folders where the engine `tfjs-node` is looked for, which only who runs the pipeline may name. */
  modules?: string[];
}

/** The job that a pipeline asks for. */
export function requestOf(pipeline: Pipeline, options: RequestOptions): TrainRequest {
  const { preprocessing, training, passes = [], seed = 1 } = pipeline;
  const engine = pipeline.engine ?? options.engine;
  return {
    type: 'train',
    dataset: resolve(dirname(options.file), pipeline.dataset),
    data: { ...datasetDefaults, seed, ...preprocessing },
    architecture: pipeline.architecture ?? 'auto',
    training: { ...training, seed },
    ...(engine !== undefined && engine !== 'auto' && { engine, modules: options.modules }),
    run: options.run,
    threads: pipeline.threads ?? options.threads,
    passes: passes.map(({ pass, fineTune = true, seed: own = seed, ...given }): PassRequest => {
      return { name: pass, options: given as PassOptions, fineTune, seed: own };
    }),
  };
}

/**
 * The pipeline that makes a run's model again.
 * @param file absolute path of the file to write, from which the dataset is to be seen
 * @throws KolmoError for a run that began with a model file
 */
export function pipelineOf(
  { request, compressions, architecture }: RunRecord,
  { chain }: Pick<RunState, 'chain'>,
  file: string,
): Pipeline {
  if (request.type !== 'train') {
    throw new KolmoError(
      'This run began with a model file and not with a dataset, so no pipeline makes it again: save one of a run that was trained here.',
    );
  }
  const { seed = trainDefaults.seed, ...training } = request.training;
  const { target, validationShare, testShare, seed: splitSeed } = request.data;
  const path = relative(dirname(file), request.dataset).replaceAll('\\', '/');
  const settings = Object.entries(training).filter(
    ([name, value]) => value !== undefined && name in trainingProperties,
  );
  return {
    dataset: path,
    preprocessing: {
      ...(target !== undefined && { target }),
      validationShare,
      testShare,
      ...(splitSeed !== seed && { seed: splitSeed }),
    },
    architecture: request.architecture === 'auto' ? architecture?.name : request.architecture,
    training: Object.fromEntries(settings),
    passes: appliedPasses(compressions)
      .filter(({ name }) => chain.includes(name))
      .map(({ name, options, fineTune, seed: own }) => ({
        pass: name,
        ...options,
        ...(!fineTune && { fineTune }),
        ...(own !== seed && { seed: own }),
      })),
    seed,
    threads: request.threads,
    ...(request.engine !== undefined && { engine: request.engine }),
  };
}

/** The passes that made the current model: a pass that was asked for again replaced itself and all that came after it. */
function appliedPasses(compressions: CompressRequest[]): PassRequest[] {
  return compressions.reduce<PassRequest[]>((applied, { passes, fineTune, seed }) => {
    const first = applied.findIndex(({ name }) => passes.some((pass) => pass.name === name));
    const kept = first < 0 ? applied : applied.slice(0, first);
    return [...kept, ...passes.map((pass) => ({ ...pass, fineTune, seed }))];
  }, []);
}
