/** Where the run of a command goes: the folder that --out names, or a new one in the runs folder of the working directory. */
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { JobError } from '../jobs/job';
import { claimRunFolder, readState, runFolderFor } from '../runs/folder';

export interface RunNames {
  out: string | undefined;
  /** Of these the name of a new folder is made. */
  dataset: string;
  architecture: string;
}

/**
 * Runs a job in its folder. Where there was none before and the job is refused before anything was made, as for a
 * column that is not there, the folder goes again: the same would be refused again.
 */
export async function inRunFolder<Result>(
  { out, dataset, architecture }: RunNames,
  job: (run: string) => Promise<Result>,
): Promise<Result> {
  const isNew = out === undefined || !existsSync(out);
  const run =
    out === undefined
      ? await claimRunFolder(
          runFolderFor(process.cwd(), { dataset, architecture, date: new Date() }),
        )
      : resolve(out);
  try {
    return await job(run);
  } catch (error) {
    const isRefused = error instanceof JobError && error.reason === 'refused';
    if (isNew && isRefused && !(await holdsWork(run))) await rm(run, { recursive: true });
    throw error;
  }
}

/** Whether a training has begun, be it that it diverged at once, or a stage that makes a model has ended. */
async function holdsWork(run: string): Promise<boolean> {
  const { chain, stages } = await readState(run);
  return 'train' in stages || chain.some((name) => name !== 'collect' && name !== 'preprocess');
}
