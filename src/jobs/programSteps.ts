/** What both jobs that write programs do: wait so that they can be stopped, and let no program that is not proved stand where it was asked for. */
import { rm } from 'node:fs/promises';
import { basename } from 'node:path';
import { waitFor } from '../core/program/waitFor';
import type { Metrics } from '../core/train/model';
import { moveArtifact, writeArtifact } from '../runs/artifact';
import type { ProgramMeasure, RunEvent } from '../runs/events';
import { unlessStopped, type JobContext } from './context';

/** What `kolmo program --json` prints. */
export interface ProgramSummary extends ProgramMeasure {
  program: string;
  /** Of a generator: the quality of what it draws. */
  metrics?: Metrics;
}

export const stoppedProgram = 'Stopped before the program was written and verified.';

/** Tells how far something is until it is there, and hears a request to stop, also one that comes just before the end. */
export async function* meanwhile<Result>(
  promise: Promise<Result>,
  context: JobContext,
  progress: () => { done: number; total: number; note: string },
  stopped = stoppedProgram,
): AsyncGenerator<RunEvent, Result> {
  const listen = unlessStopped(context, stopped);
  const result = yield* waitFor(promise, (): RunEvent => {
    listen();
    return { type: 'progress', stage: 'program', ...progress() };
  });
  listen();
  return result;
}

/**
 * Writes a program under a name beside `path`, takes the steps that prove it there, and only then puts it at `path`, where what was
 * there before stays if a step fails or is stopped.
 */
export async function* onceProved<Result>(
  path: string,
  source: Uint8Array,
  steps: (draft: string) => AsyncGenerator<RunEvent, Result>,
): AsyncGenerator<RunEvent, Result> {
  const draft = draftOf(path);
  try {
    await writeArtifact(draft, source, path);
    const result = yield* steps(draft);
    await moveArtifact(draft, path);
    return result;
  } finally {
    // Why a program was not kept matters more than what is left of its draft.
    await rm(draft, { force: true }).catch(() => {});
  }
}

/** The command that was run on the draft, as it is run on the program that stands at `path` now. */
export const onceMoved = (command: string[], path: string): string[] =>
  command.map((word) => word.replace(basename(draftOf(path)), () => basename(path)));

/** Node knows a program by the end of its name. */
const draftOf = (path: string): string => `${path}.${process.pid}.tmp.mjs`;
