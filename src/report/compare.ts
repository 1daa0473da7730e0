/** Several runs side by side: settings, bytes and metrics as rows, with what differs marked. */
import { stageNames, type StageName } from '../runs/events';
import type { RunRecord } from '../runs/folder';
import type { RunState } from '../runs/state';
import { formatCount } from '../core/count';
import { formatPercent, formatSeconds } from '../runs/units';
import type { Metrics } from '../core/train/model';
import { stageTitles } from './mermaid';

export interface ComparedRun {
  /** Name of the run folder. */
  name: string;
  record: RunRecord;
  state: RunState;
}

export const comparisonParts = ['settings', 'bytes', 'metrics'] as const;

export interface ComparisonRow {
  part: (typeof comparisonParts)[number];
  name: string;
  kind: 'text' | 'count' | 'share' | 'amount' | 'seconds';
  /** One for each run; null where a run has none. */
  values: (string | number | null)[];
  differs: boolean;
}

type Value = string | number | undefined;

/** One row for each setting, stage and metric that any of the runs has. */
export function compareRuns(runs: ComparedRun[]): ComparisonRow[] {
  return [...settingRows(runs), ...byteRows(runs), ...metricRows(runs)].filter(({ values }) =>
    values.some((value) => value !== null),
  );
}

/** A value in the words of tables. */
export function cellText({ kind }: ComparisonRow, value: string | number | null): string {
  if (value === null) return '–';
  if (typeof value === 'string') return value;
  switch (kind) {
    case 'text':
      return String(value);
    case 'count':
      return formatCount(value);
    case 'share':
      return formatPercent(value);
    case 'amount':
      return String(Number(value.toPrecision(4)));
    case 'seconds':
      return formatSeconds(value);
    default:
      return kind satisfies never;
  }
}

type Draft = Omit<ComparisonRow, 'values' | 'differs'>;

function rowOf(
  runs: ComparedRun[],
  draft: Draft,
  value: (run: ComparedRun) => Value,
): ComparisonRow {
  const values = runs.map((run) => value(run) ?? null);
  return { ...draft, values, differs: new Set(values).size > 1 };
}

function settingRows(runs: ComparedRun[]): ComparisonRow[] {
  const setting = (
    name: string,
    value: (record: RunRecord) => Value,
    kind: Draft['kind'] = 'text',
  ): ComparisonRow => rowOf(runs, { part: 'settings', name, kind }, ({ record }) => value(record));
  const trainings = runs.map(({ record }) => flat(record.training));
  const passes = stageNames.flatMap((stage) =>
    namesOf(runs.map(({ state }) => state.stages[stage]?.settings)).map((name) =>
      rowOf(
        runs,
        { part: 'settings', name: `${stageTitles[stage]}: ${name}`, kind: 'text' },
        ({ state }) => scalar(state.stages[stage]?.settings[name]),
      ),
    ),
  );
  return [
    setting('dataset', ({ dataset }) => dataset?.name),
    setting('data SHA-256', ({ dataset }) => dataset?.files[0]?.sha256.slice(0, 12)),
    setting('architecture', ({ architecture }) => architecture?.name),
    setting('parameters', ({ parameters }) => parameters, 'count'),
    ...namesOf(trainings).map((name) =>
      rowOf(runs, { part: 'settings', name, kind: 'text' }, ({ record }) =>
        scalar(flat(record.training)[name]),
      ),
    ),
    // What training was asked for stands above, with every default in place.
    ...passes.filter(({ name }) => !name.startsWith(`${stageTitles.train}: `)),
  ];
}

function byteRows(runs: ComparedRun[]): ComparisonRow[] {
  return stageNames
    .filter((stage) => stage !== 'preprocess')
    .map((stage) =>
      rowOf(
        runs,
        { part: 'bytes', name: stageTitles[stage], kind: 'count' },
        ({ state }) => resultOf(state, stage)?.bytes,
      ),
    );
}

const shares: Figure[] = ['error', 'baselineError', 'sampleConfidence'];

function metricRows(runs: ComparedRun[]): ComparisonRow[] {
  const models = stageNames.filter(
    (stage) => !['collect', 'preprocess', 'program'].includes(stage),
  );
  const metrics = models.flatMap((stage) =>
    (['test', 'validation'] as const).flatMap((split) =>
      figuresOf(runs.map(({ state }) => resultOf(state, stage)?.[split])).map((name) =>
        rowOf(
          runs,
          {
            part: 'metrics',
            name: `${stageTitles[stage]}: ${split} ${spaced(name)}`,
            kind: shares.includes(name) ? 'share' : 'amount',
          },
          ({ state }) => resultOf(state, stage)?.[split]?.[name],
        ),
      ),
    ),
  );
  const times = stageNames.map((stage) =>
    rowOf(
      runs,
      { part: 'metrics', name: `${stageTitles[stage]}: time`, kind: 'seconds' },
      ({ state }) => resultOf(state, stage)?.seconds,
    ),
  );
  return [
    ...metrics,
    ...times,
    rowOf(runs, { part: 'metrics', name: 'status', kind: 'text' }, ({ state }) => state.status),
  ];
}

/** The metrics that are one number and that any of the runs has. */
const figuresOf = (metrics: (Metrics | undefined)[]): Figure[] =>
  namesOf(metrics).filter((name): name is Figure =>
    metrics.some((each) => typeof each?.[name as Figure] === 'number'),
  );

type Figure = {
  [K in keyof Metrics]-?: NonNullable<Metrics[K]> extends number ? K : never;
}[keyof Metrics];

const resultOf = (state: RunState, stage: StageName) => state.stages[stage]?.result;

/** `baselineError` is `baseline error`. */
const spaced = (name: string): string =>
  name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);

const scalar = (value: unknown): Value =>
  typeof value === 'number' || typeof value === 'string'
    ? value
    : value === undefined || value === null
      ? undefined
      : JSON.stringify(value);

/** The entries of an object, those that are unions by their type. */
function flat(object: object | undefined): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(object ?? {}).map(([name, value]: [string, unknown]) => [
      name,
      value !== null && typeof value === 'object' && 'type' in value ? value.type : value,
    ]),
  );
}

const namesOf = (objects: (object | undefined)[]): string[] => [
  ...new Set(objects.flatMap((object) => Object.keys(object ?? {}))),
];
