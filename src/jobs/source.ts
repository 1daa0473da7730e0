/** Where a job on a run's model starts: the model as it was before some passes. */
import { existsSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { decode } from '../core/compress/container/container';
import type { PassName } from '../core/compress/pass';
import { KolmoError } from '../core/error';
import type { Model } from '../core/train/model';
import type { StageName } from '../runs/events';
import { isRun, packedStage, readRecord, readState, type RunRecord } from '../runs/folder';
import { stagesBefore } from '../runs/state';
import type { JobContext } from './context';
import type { CompressRequest } from '../runs/runRequests';
import { versions } from './versions';

/** What a job on a run's model starts from. */
export interface Source {
  run: string;
  record: RunRecord;
  model: Model;
  /** The stages that made the model. */
  chain: StageName[];
}

/** The model that the first pass starts from: that before any of the wanted passes was applied. */
export async function openSource(request: CompressRequest, { now }: JobContext): Promise<Source> {
  if (isRun(request.run)) {
    return openRun(
      request.run,
      request.passes.map(({ name }) => name),
    );
  }
  if (request.out === undefined || isFolder(request.run)) {
    throw new KolmoError(
      `${request.run} is not a run: choose a folder below .kolmo/runs, or a .kolmo file and a folder for the output.`,
    );
  }
  const model = await readPacked(request.run);
  const record: RunRecord = {
    kolmo: versions.kolmo,
    versions,
    createdAt: now(),
    seed: request.seed,
    request,
    compressions: [],
    architecture: model.architecture,
    parameters: model.parameters.reduce((sum, parameter) => sum + parameter.data.length, 0),
  };
  return { run: request.out, record, model, chain: [] };
}

const isFolder = (path: string): boolean =>
  statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;

/** The model of a run as it was before any of `passes` was applied: where they would start. */
export async function openRun(run: string, passes: PassName[]): Promise<Source> {
  const record = await readRecord(run);
  const chain = stagesBefore((await readState(run)).chain, passes);
  const last = chain.at(-1);
  if (last === undefined || last === 'collect' || last === 'preprocess') {
    throw new KolmoError(`${run} holds no trained model yet: finish its training first.`);
  }
  const path = join(run, packedStage(last));
  return { run, record, model: await readPacked(path), chain };
}

async function readPacked(path: string): Promise<Model> {
  if (!existsSync(path)) throw new KolmoError(`${path} is not there: train the run again.`);
  return decode(new Uint8Array(await readFile(path)), path);
}
