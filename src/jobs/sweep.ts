/** What a sweep request does: trains what the combinations share, then compresses each in a run of its own, several at a time. */
import { existsSync } from 'node:fs';
import { cp, readFile, readdir, rm } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { basename, join } from 'node:path';
import { KolmoError } from '../core/error';
import type { Metrics } from '../core/train/model';
import { writeArtifact } from '../runs/artifact';
import type { RunEvent } from '../runs/events';
import { createRunFolder, isRun, readRecord } from '../runs/folder';
import { jobFiles, lockRun } from '../runs/lock';
import { requestOf, type Pipeline } from '../runs/pipelineFile';
import {
  combinationsOf,
  nameOf,
  parseResults,
  resultsName,
  type Combination,
  type SweepPoint,
  type SweepResults,
  type SweepSummary,
} from '../runs/sweepFile';
import type { CompressSummary } from './compressSummary';
import type { JobContext } from './context';
import { dropRefused, isRefusal } from './dropRefused';
import { JobError, startJob, type Job } from './job';
import type { SweepRequest } from './protocol';

/** Milliseconds between two looks at whether the sweep is to stop. */
const patience = 200;

/**
 * Two sweeps of one folder would remove the points that the other measures: the second is refused. A new folder goes
 * again where every training is refused before anything was made.
 */
export async function* sweepRun(
  request: SweepRequest,
  context: JobContext,
): AsyncGenerator<RunEvent, SweepSummary> {
  const { folder } = request;
  const isNew = !existsSync(folder);
  await createRunFolder(folder);
  let asked = false;
  const unlock = lockRun(folder, () => (asked = true));
  const stopping = (): boolean => asked || context.stopping();
  try {
    return yield* measureAll(request, { ...context, stopping });
  } catch (error) {
    if (isNew && isRefusal(error) && !(await holdsRuns(folder))) {
      await rm(folder, { recursive: true });
    }
    throw error;
  } finally {
    unlock();
  }
}

async function* measureAll(
  request: SweepRequest,
  context: JobContext,
): AsyncGenerator<RunEvent, SweepSummary> {
  const { sweep, folder } = request;
  const threads = sweep.threads ?? 1;
  const { workers = Math.max(1, Math.floor(availableParallelism() / threads)) } = request;
  const combinations = combinationsOf(sweep);
  const file = join(folder, resultsName);
  const before = await pointsOf(file);
  const results: SweepResults = {
    name: basename(folder),
    ...(sweep.architecture && { architecture: sweep.architecture }),
    total: combinations.length,
    points: combinations.flatMap(({ name }) => before.filter((point) => point.name === name)),
  };
  let saved: Promise<unknown> = Promise.resolve();
  // One after another: two points that come together would write the same file at once.
  const save = (): Promise<unknown> =>
    (saved = saved.then(() => writeArtifact(file, `${JSON.stringify(results, null, 2)}\n`)));
  await save();
  const told = (note: string): RunEvent => ({
    type: 'progress',
    stage: 'train',
    done: results.points.length,
    total: combinations.length,
    note,
  });
  const open = combinations.filter(({ name }) => !before.some((point) => point.name === name));
  const trainings = new Map(open.map(({ pipeline }) => [trainingOf(pipeline), pipeline]));

  yield told(`Training ${trainings.size} of the models`);
  yield* inParallel([...trainings], async ([name, pipeline], run) => {
    const trained = join(folder, name);
    const isNew = !existsSync(trained);
    const training = run(requestFor({ ...pipeline, passes: [] }, trained, request));
    await dropRefused({ run: trained, isNew }, training);
    const { architecture } = await readRecord(trained);
    results.architecture ??= architecture?.name;
  });
  yield* inParallel(open, async (combination, run) => {
    results.points.push(await measure(combination, request, run));
    await save();
  });
  return { folder, file, ...results };

  /** Runs `action` on every item, `workers` at a time; a stop ends the jobs that run and starts no more. */
  async function* inParallel<T>(
    items: T[],
    action: (item: T, run: RunJob) => Promise<void>,
  ): AsyncGenerator<RunEvent> {
    const waiting = [...items];
    const active = new Set<Promise<void>>();
    const jobs = new Set<Job>();
    const failures: unknown[] = [];
    const run: RunJob = async (jobRequest) => {
      const job = startJob(jobRequest, { worker: __filename });
      jobs.add(job);
      try {
        return await job.result;
      } finally {
        jobs.delete(job);
      }
    };
    while (active.size > 0 || (waiting.length > 0 && failures.length === 0)) {
      const stopping = context.stopping();
      if (stopping) {
        waiting.length = 0;
        for (const job of jobs) job.stop();
      }
      while (active.size < workers && waiting.length > 0 && failures.length === 0) {
        const task: Promise<void> = action(waiting.shift()!, run)
          .catch((error: unknown) => void failures.push(error))
          .finally(() => active.delete(task));
        active.add(task);
      }
      let timer: NodeJS.Timeout | undefined;
      await Promise.race([...active, new Promise((done) => (timer = setTimeout(done, patience)))]);
      clearTimeout(timer);
      yield told(`${results.points.length} of ${combinations.length} points`);
    }
    if (context.stopping()) {
      throw new KolmoError(
        `Stopped with ${results.points.length} of ${combinations.length} points measured, which are kept: start the sweep again to go on.`,
      );
    }
    if (failures.length > 0) throw failures[0];
  }
}

const holdsRuns = async (folder: string): Promise<boolean> =>
  (await readdir(folder)).some((name) => isRun(join(folder, name)));

type RunJob = (request: ReturnType<typeof requestOf>) => Promise<unknown>;

/** What decides the trained model: all but the passes. */
const trainingOf = (pipeline: Pipeline): string => `train-${nameOf({ ...pipeline, passes: [] })}`;

const requestFor = (pipeline: Pipeline, run: string, { base, modules }: SweepRequest) =>
  requestOf(pipeline, { file: base, run, threads: 1, modules });

/** Compresses a copy of the trained run, so that every point is a run that can be opened. */
async function measure(
  { name, settings, pipeline }: Combination,
  request: SweepRequest,
  run: RunJob,
): Promise<SweepPoint> {
  const folder = join(request.folder, name);
  // What an interrupted sweep has left of it begins anew.
  await rm(folder, { recursive: true, force: true });
  await cp(join(request.folder, trainingOf(pipeline)), folder, {
    recursive: true,
    filter: (path) => !['tensorboard', ...jobFiles].includes(basename(path)),
  });
  try {
    const result = (await run(requestFor(pipeline, folder, request))) as CompressSummary;
    if (result.stages.length < (pipeline.passes?.length ?? 0)) {
      throw new JobError('stopped', `${name} was stopped before its last pass.`);
    }
    const { bytes, ratio, testError, stages, metrics = {} } = result;
    const { rmse, bitsPerByte, frechetDistance }: Partial<Metrics> = metrics;
    const seconds = stages.reduce((sum, stage) => sum + stage.seconds, 0);
    const test = { testError, rmse, bitsPerByte, frechetDistance };
    return { name, settings, bytes, ratio, ...test, seconds };
  } catch (error) {
    // A pass that does not fit is a result; whatever else went wrong is tried again the next time.
    if (!isRefusal(error)) throw error;
    return { name, settings, problem: error.message };
  }
}

const pointsOf = async (file: string): Promise<SweepPoint[]> =>
  existsSync(file) ? parseResults(await readFile(file, 'utf8'), file).points : [];
