/** What both jobs that write programs do: wait so that they can be stopped, and leave nothing of a program that is not proved. */
import { rm } from 'node:fs/promises';
import { KolmoError } from '../core/error';
import { waitFor } from '../core/program/waitFor';
import type { RunEvent } from '../runs/events';
import type { JobContext } from './context';

export const stoppedProgram = 'Stopped before the program was written and verified.';

/** Tells how far something is until it is there, and hears a request to stop, also one that comes just before the end. */
export async function* meanwhile<Result>(
  promise: Promise<Result>,
  { stopping }: JobContext,
  progress: () => { done: number; total: number; note: string },
): AsyncGenerator<RunEvent, Result> {
  const listen = (): void => {
    if (stopping()) throw new KolmoError(stoppedProgram);
  };
  const result = yield* waitFor(promise, (): RunEvent => {
    listen();
    return { type: 'progress', stage: 'program', ...progress() };
  });
  listen();
  return result;
}

/** Removes the program at `path` if what is done about it fails or is stopped. */
export async function* orRemoved<Result>(
  path: string,
  steps: AsyncGenerator<RunEvent, Result>,
): AsyncGenerator<RunEvent, Result> {
  try {
    return yield* steps;
  } catch (error) {
    await rm(path, { force: true });
    throw error;
  }
}
