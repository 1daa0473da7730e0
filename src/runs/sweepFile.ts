/** The sweep file `*.kolmo-sweep.json`: a pipeline in which options of passes and the seed may have several values, and what came of each combination. */
import { createHash } from 'node:crypto';
import type { PassOptions } from '../core/compress/pass';
import { KolmoError } from '../core/error';
import {
  passSchema,
  pipelineProperties,
  pipelineSchema,
  type Pipeline,
  type PipelinePass,
} from './pipelineFile';
import { oneOrMore, parseFile, type ObjectSchema, type Schema } from './schema';

export const sweepExtension = '.kolmo-sweep.json';

type Value = PassOptions[string];

export type Sweep = Omit<Pipeline, 'passes' | 'seed'> & {
  passes: ({ pass: PipelinePass['pass'] } & Record<string, Value | Value[]>)[];
  seed?: number | number[];
};

/** One combination of a sweep and what came of it. */
export interface SweepPoint {
  /** Name of its folder below the sweep's. */
  name: string;
  /** The options of which the sweep has several values: `{ "prune.sparsity": 0.9, "seed": 2 }`. */
  settings: PassOptions;
  bytes?: number;
  ratio?: number;
  testError?: number;
  /** Of models that have no test error: what they are judged by on the test split. */
  rmse?: number;
  bitsPerByte?: number;
  frechetDistance?: number;
  seconds?: number;
  /** Why there is no result. */
  problem?: string;
}

/** What sweep-results.json holds. */
export interface SweepResults {
  name: string;
  architecture?: string;
  /** Combinations in all; those that are not among the points are still to come. */
  total: number;
  points: SweepPoint[];
}

/** What `kolmo sweep --json` prints. */
export interface SweepSummary extends SweepResults {
  folder: string;
  file: string;
}

export const resultsName = 'sweep-results.json';

const text: Schema = { type: 'string' };
const number: Schema = { type: 'number' };

const resultsSchema: Schema = {
  type: 'object',
  properties: {
    name: text,
    architecture: text,
    total: { type: 'integer', minimum: 0 },
    points: {
      type: 'array',
      items: {
        type: 'object',
        properties: {
          name: text,
          settings: { type: 'object', properties: {} },
          bytes: number,
          ratio: number,
          testError: number,
          rmse: number,
          bitsPerByte: number,
          frechetDistance: number,
          seconds: number,
          problem: text,
        } satisfies { [N in keyof Required<SweepPoint>]: Schema },
        required: ['name', 'settings'],
      },
    },
  } satisfies { [N in keyof Required<SweepResults>]: Schema },
  required: ['name', 'total', 'points'],
};

/** Reads what a sweep wrote. Throws a KolmoError that names what is wrong with it, and what to do. */
export function parseResults(text: string, file: string): SweepResults {
  try {
    return parseFile(text, resultsSchema, file) as SweepResults;
  } catch (error) {
    if (!(error instanceof KolmoError)) throw error;
    throw new KolmoError(`${error.message} Remove the file and sweep again to measure all points.`);
  }
}

/** What VS Code checks while a sweep file is written, and what it is read with. */
export const sweepSchema: Schema & { type: 'object' } = {
  ...pipelineSchema,
  description: 'A Kolmo sweep: a pipeline whose options and seed may each be a list of values.',
  properties: {
    ...pipelineProperties,
    passes: { ...pipelineProperties.passes, items: withLists(passSchema) } as Schema,
    seed: oneOrMore(pipelineProperties.seed),
  },
  required: ['dataset', 'passes'],
};

/** The schema of a pass in which each option but the pass itself may be a list. */
function withLists(schema: Schema): Schema {
  const { allOf = [], ...rest } = schema as ObjectSchema;
  return {
    ...rest,
    allOf: allOf.map((row) => ({
      ...row,
      then: {
        ...row.then,
        properties: Object.fromEntries(
          Object.entries(row.then.properties).map(([name, each]) => [
            name,
            name === 'pass' ? each : oneOrMore(each),
          ]),
        ),
      },
    })),
  };
}

/** Reads a sweep file. Throws a KolmoError that names the field which is wrong. */
export function parseSweep(text: string, file: string): Sweep {
  return parseFile(text, sweepSchema, file) as Sweep;
}

export interface Combination {
  name: string;
  settings: PassOptions;
  pipeline: Pipeline;
}

/** Every combination of the values, the last list turning fastest. */
export function combinationsOf(sweep: Sweep): Combination[] {
  const { passes, seed = 1, ...common } = sweep;
  const axes: { name: string; values: Value[]; set(pipeline: Draft, value: Value): void }[] = [
    { name: 'seed', values: listOf(seed), set: (draft, value) => (draft.seed = value as number) },
    ...passes.flatMap((pass, i) =>
      Object.entries(pass).map(([option, value]) => ({
        name: `${pass.pass}.${option}`,
        values: listOf(value),
        set: (draft: Draft, one: Value) => void (draft.passes[i][option] = one),
      })),
    ),
  ];
  const choices = axes.reduce<Value[][]>(
    (rows, { values }) => rows.flatMap((row) => values.map((value) => [...row, value])),
    [[]],
  );
  return choices.map((row) => {
    const draft: Draft = { passes: passes.map(() => ({})), seed: 1 };
    row.forEach((value, i) => axes[i].set(draft, value));
    const pipeline = { ...common, ...draft } as Pipeline;
    const varied = axes.flatMap(({ name, values }, i) =>
      values.length > 1 ? [[name, row[i]] as const] : [],
    );
    return { name: nameOf(pipeline), settings: Object.fromEntries(varied), pipeline };
  });
}

interface Draft {
  passes: PassOptions[];
  seed: number;
}

const listOf = <T>(value: T | T[]): T[] => (Array.isArray(value) ? value : [value]);

/** The same pipeline has the same name, so that a finished point is found again. */
export const nameOf = (pipeline: Pipeline): string =>
  createHash('sha256').update(JSON.stringify(pipeline)).digest('hex').slice(0, 12);
