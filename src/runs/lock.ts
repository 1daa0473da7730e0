/** Who works on a run: job.json names the process while it does, so that a reloaded window finds it again, and job.stop asks it to stop. */
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { KolmoError } from '../core/error';
import { diskError } from './diskError';

/** What job.json holds. */
interface Mark {
  pid: number;
  /** When the process began, as the system counts it; absent where it does not say. */
  began?: string;
}

const markName = 'job.json';
const wishName = 'job.stop';

/** The files that belong to the job of a run, and to no copy of it. */
export const jobFiles: readonly string[] = [markName, wishName];

/** How often a job looks whether it was asked to stop, in milliseconds. */
const interval = 250;

/**
 * Takes the run for this process; a mark that a dead process left behind is replaced.
 * @param onStop is told once when another process asks for a stop through the folder
 * @returns gives the run free again
 * @throws KolmoError when another job works on it
 */
export function lockRun(folder: string, onStop?: () => void): () => void {
  const path = join(folder, markName);
  const wish = join(folder, wishName);
  const { pid } = process;
  try {
    const mark = JSON.stringify({ pid, began: beginOf(pid) } satisfies Mark);
    if (!writeNew(path, mark)) {
      dropDeadMark(folder);
      if (!writeNew(path, mark)) throw taken(folder, runOwner(folder));
    }
    rmSync(wish, { force: true });
  } catch (error) {
    throw diskError(error, path);
  }
  const looking =
    onStop &&
    setInterval(() => {
      if (!existsSync(wish)) return;
      clearInterval(looking);
      onStop();
      // A wish that is gone has been heard.
      rmSync(wish, { force: true });
    }, interval).unref();
  return () => {
    clearInterval(looking);
    for (const name of jobFiles) rmSync(join(folder, name), { force: true });
  };
}

/** The id of the living process that works on a run, if any. A mark may come from anywhere: never signal what it names. */
export function runOwner(folder: string): number | undefined {
  return ownerIn(join(folder, markName));
}

/** Asks the process that works on a run to stop; false where nobody does. */
export function requestStop(folder: string): boolean {
  if (runOwner(folder) === undefined) return false;
  const path = join(folder, wishName);
  try {
    writeNew(path, '');
  } catch (error) {
    throw diskError(error, path);
  }
  return true;
}

/** Whether a wish to stop still waits for the process that works on the run. */
export const isStopUnheard = (folder: string): boolean =>
  existsSync(join(folder, wishName)) && runOwner(folder) !== undefined;

/** When a process began, as the system counts it: with its id it names one process and no later one. */
export function beginOf(pid: number): string | undefined {
  if (process.platform !== 'linux') return undefined;
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field, the command in parentheses, may itself hold spaces and parentheses; this is the 22nd.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    // There is no such process, or the system hides it.
    return undefined;
  }
}

function ownerIn(path: string): number | undefined {
  const { pid, began } = markIn(path);
  // Zero and negative ids stand for groups of processes, and 1 for the system itself.
  const isProcess = typeof pid === 'number' && Number.isSafeInteger(pid) && pid > 1;
  return isProcess && isAlive(pid) && beginOf(pid) === began ? pid : undefined;
}

function markIn(path: string): Partial<Record<keyof Mark, unknown>> {
  try {
    return Object(JSON.parse(readFileSync(path, 'utf8'))) as object;
  } catch {
    // No mark, or one that was cut off while it was written: it names nobody.
    return {};
  }
}

/** Moves a mark away before it is removed, so that of several that find it dead none removes the mark of another. */
function dropDeadMark(folder: string): void {
  const path = join(folder, markName);
  const aside = `${path}.${process.pid}.tmp`;
  refuseOther(folder, ownerIn(path));
  try {
    renameSync(path, aside);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return;
    throw error;
  }
  const owner = ownerIn(aside);
  if (owner === undefined || owner === process.pid) rmSync(aside);
  else renameSync(aside, path);
  refuseOther(folder, owner);
}

function refuseOther(folder: string, owner: number | undefined): void {
  // An id that is now this process's own was another's before.
  if (owner !== undefined && owner !== process.pid) throw taken(folder, owner);
}

const taken = (folder: string, owner: number | undefined): KolmoError =>
  new KolmoError(
    `Another job${owner === undefined ? '' : ` (process ${owner})`} works on ${folder}: wait for it, or stop it first. If that process is none of Kolmo's, remove ${join(folder, markName)}.`,
  );

/** @returns false where there is a file of this name already */
function writeNew(path: string, text: string): boolean {
  try {
    writeFileSync(path, text, { flag: 'wx' });
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) === 'EPERM';
  }
}

const codeOf = (error: unknown): string | undefined => (error as NodeJS.ErrnoException).code;
