/** A job that is refused before anything was made leaves no run: the same would be refused again. */
import { rm } from 'node:fs/promises';
import { readState } from '../runs/folder';
import { JobError } from './job';

/**
 * Gives a job's result. Where it is refused before anything was made, as for a column that is not there, its run goes again.
 * @param isNew whether the folder is there for this job alone; any other stays
 */
export async function dropRefused<Result>(
  { run, isNew }: { run: string; isNew: boolean },
  result: Promise<Result>,
): Promise<Result> {
  try {
    return await result;
  } catch (error) {
    if (isNew && isRefusal(error) && !(await holdsWork(run))) await rm(run, { recursive: true });
    throw error;
  }
}

/** Whether a job did not fit what it was asked for, and would not the next time. */
export const isRefusal = (error: unknown): error is JobError =>
  error instanceof JobError && error.reason === 'refused';

/** Whether a training has begun, be it that it diverged at once, or a stage that makes a model has ended. */
async function holdsWork(run: string): Promise<boolean> {
  const { chain, stages } = await readState(run);
  return 'train' in stages || chain.some((name) => name !== 'collect' && name !== 'preprocess');
}
