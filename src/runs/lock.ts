/** Who works on a run: job.json holds the process's id while it does, so that a reloaded window finds it again. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { KolmoError } from '../core/error';
import { diskError } from './artifact';

/**
 * Takes the run for this process; a mark that a dead process left behind is replaced.
 * @returns gives the run free again
 * @throws KolmoError when another job works on it
 */
export function lockRun(folder: string): () => void {
  const owner = runOwner(folder);
  if (owner !== undefined && owner !== process.pid) {
    throw new KolmoError(
      `Another job (process ${owner}) works on ${folder}: wait for it, or stop it first.`,
    );
  }
  const path = join(folder, 'job.json');
  try {
    writeFileSync(path, JSON.stringify({ pid: process.pid }));
  } catch (error) {
    throw diskError(error, path);
  }
  return () => rmSync(path, { force: true });
}

/** The id of the living process that works on a run, if any. */
export function runOwner(folder: string): number | undefined {
  let pid: unknown;
  try {
    pid = (JSON.parse(readFileSync(join(folder, 'job.json'), 'utf8')) as { pid: unknown }).pid;
  } catch {
    // No mark, or one that was cut off while it was written: nobody who is alive owns the run.
    return undefined;
  }
  return typeof pid === 'number' && isAlive(pid) ? pid : undefined;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
