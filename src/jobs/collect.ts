/** The first two stages: a dataset is collected, and what was learned to preprocess it is kept. */
import { join } from 'node:path';
import { collect } from '../core/data/collect';
import type { Dataset } from '../core/data/dataset';
import { KolmoError } from '../core/error';
import { relay } from '../core/relay';
import { writeArtifact } from '../runs/artifact';
import type { RunEvent } from '../runs/events';
import type { RunRecord } from '../runs/folder';
import { formatCount } from '../core/count';
import { unlessStopped, type JobContext } from './context';
import { labelCodes } from './labels';
import type { TrainRequest } from '../runs/runRequests';

export interface CollectOptions {
  /** Collects again what the run has collected before: only progress is told. */
  quiet: boolean;
  /** Whether a table that does not fit in memory may still be arriving when its dataset is given. */
  early: boolean;
}

export async function* collectDataset(
  { dataset: path, data, run }: Pick<TrainRequest, 'dataset' | 'data' | 'run'>,
  context: JobContext,
  { quiet, early }: CollectOptions,
): AsyncGenerator<RunEvent, Dataset> {
  const { now } = context;
  const started = now();
  const { target, validationShare, testShare, seed } = data;
  if (!quiet) {
    const settings = { ...(target !== undefined && { target }), validationShare, testShare, seed };
    yield { type: 'stageStarted', stage: 'collect', settings };
  }
  // A table that does not fit in memory is cached beside the run.
  const dataset = yield* relay(
    collect(path, { ...data, cacheFolder: run, early }),
    (event): RunEvent => ({ ...event, stage: 'collect' }),
    unlessStopped(context, 'Stopped while the dataset was read, before anything was made of it.'),
  );
  if (quiet) return dataset;
  const collected = now();
  const bytes = dataset.files.reduce((sum, file) => sum + file.bytes, 0);
  const counts = Object.entries(dataset.splits).map(
    ([name, split]) => `${formatCount(split.count)} ${name}`,
  );
  yield {
    type: 'stageFinished',
    stage: 'collect',
    result: {
      bytes,
      artifact: path,
      seconds: collected - started,
      notes: [`Examples: ${counts.join(', ')}.`],
    },
  };
  yield { type: 'stageStarted', stage: 'preprocess', settings: {} };
  const learned = `${JSON.stringify(dataset.preprocessing, null, 2)}\n`;
  // The labels of a table that still arrives are not there to be counted.
  const labels = dataset.arriving ? undefined : await labelCodes(dataset);
  yield {
    type: 'stageFinished',
    stage: 'preprocess',
    result: {
      bytes: await writeArtifact(join(run, 'preprocessing.json'), learned),
      artifact: 'preprocessing.json',
      seconds: now() - collected,
      notes: dataset.notes,
      ...(labels && { labels }),
    },
  };
  return dataset;
}

/** The run's dataset, which must still be what it was; a model file has none. */
export async function* collectAgain(
  run: string,
  { request, dataset: before }: RunRecord,
  context: JobContext,
): AsyncGenerator<RunEvent, Dataset | undefined> {
  if (request.type !== 'train') return undefined;
  const dataset = yield* collectDataset({ ...request, run }, context, {
    quiet: true,
    early: false,
  });
  const change = changeOf(before?.files, dataset.files);
  if (change === undefined) return dataset;
  await dataset.close?.();
  throw new KolmoError(
    `${change} since this run was trained: train again, so that errors compare.`,
  );
}

/** How the files of a dataset differ from those that a run has recorded: `/data/a.csv has changed`. */
export function changeOf(before: Dataset['files'] = [], now: Dataset['files']): string | undefined {
  const length = Math.max(before.length, now.length);
  const at = Array.from({ length }, (_, i) => i).find((i) => before[i]?.sha256 !== now[i]?.sha256);
  if (at === undefined) return undefined;
  if (now[at] === undefined) return `${before[at].path} has gone`;
  return `${now[at].path} has ${before[at] === undefined ? 'come' : 'changed'}`;
}
