/** A run on disk: its folder, its record (run.json) and its history (events.jsonl). */
import { existsSync } from 'node:fs';
import { mkdir, readFile, readdir, stat } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import type { Preprocessing } from '../core/data/dataset';
import { KolmoError, readError } from '../core/error';
import type { Architecture } from '../core/train/model';
import type { TrainOptions } from '../core/train/options';
import type { CompressRequest, TrainRequest } from './runRequests';
import { writeArtifact, writeIfAbsent } from './artifact';
import { diskError } from './diskError';
import type { StageName, StampedEvent } from './events';
import { emptyRun, reduce, type RunState } from './state';

/** What run.json holds: enough to do the run again. */
export interface RunRecord {
  kolmo: string;
  /** Versions of what computes, so that a difference can be explained. */
  versions: Record<string, string>;
  /** Seconds since the Unix epoch. */
  createdAt: number;
  seed: number;
  /** The request that made the run, and the compressions that followed, the oldest first. */
  request: TrainRequest | CompressRequest;
  compressions: CompressRequest[];
  /** The training settings with every default in place. */
  training?: TrainOptions;
  dataset?: {
    name: string;
    files: { path: string; bytes: number; sha256: string }[];
    preprocessing: Preprocessing;
    notes: string[];
  };
  architecture?: Architecture;
  parameters?: number;
}

/** Absolute path of the file that a run was trained on, where it was trained on one. */
export const datasetPath = ({ request, dataset }: RunRecord): string | undefined =>
  'dataset' in request ? request.dataset : dataset?.files[0]?.path;

/** Whether a model, or that of a run, draws images from noise. */
export const isGenerator = ({ architecture }: Pick<RunRecord, 'architecture'>): boolean =>
  architecture?.task === 'generation' && architecture.inputShape.length === 1;

/** One line of a list of runs. */
export interface RunSummary {
  folder: string;
  record: RunRecord;
  state: RunState;
}

/** `.kolmo/runs/2026-11-24-183000-iris-mlp` below a workspace; `date` is the caller's clock. */
export function runFolderFor(
  workspace: string,
  { dataset, architecture, date }: { dataset: string; architecture: string; date: Date },
): string {
  const time = date.toISOString().slice(0, 19).replace('T', '-').replaceAll(':', '');
  const bare = basename(dataset).replace(/\.gz$/i, '');
  const slug = `${basename(bare, extname(bare))}-${architecture}`
    .normalize('NFC')
    .toLowerCase()
    .replace(/[^\p{L}\p{M}\p{N}]+/gu, '-');
  return join(workspace, '.kolmo', 'runs', `${time}-${shortened(slug)}`);
}

/** Disks take names of at most 255 bytes, of which a letter may be four. */
function shortened(name: string): string {
  let short = '';
  for (const letter of [...name].slice(0, 80)) {
    if (Buffer.byteLength(short + letter) > 200) break;
    short += letter;
  }
  return short;
}

/** Makes the folder, and keeps `.kolmo` out of version control unless the user has said otherwise there. */
export async function createRunFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
    const kolmo = dirname(dirname(folder));
    if (basename(kolmo) !== '.kolmo') return;
    await writeIfAbsent(join(kolmo, '.gitignore'), '*\n');
  } catch (error) {
    throw diskError(error, folder);
  }
}

/**
 * Makes a folder for one new run: where another began in the same second, its name goes on with `-2`.
 * @returns the folder that was made
 */
export async function claimRunFolder(wanted: string, count = 1): Promise<string> {
  const folder = count === 1 ? wanted : `${wanted}-${count}`;
  try {
    await mkdir(dirname(folder), { recursive: true });
    await mkdir(folder);
  } catch (error) {
    const isTaken = (error as NodeJS.ErrnoException).code === 'EEXIST' && existsSync(folder);
    if (isTaken) return claimRunFolder(wanted, count + 1);
    throw diskError(error, folder);
  }
  await createRunFolder(folder);
  return folder;
}

export async function writeRecord(folder: string, record: RunRecord): Promise<void> {
  await writeArtifact(join(folder, 'run.json'), `${JSON.stringify(record, null, 2)}\n`);
}

/** The packed model that a stage leaves for those behind it, seen from its run. */
export const packedStage = (stage: StageName): string => `stages/${stage}.kolmo`;

/** Whether the folder holds a run. */
export const isRun = (folder: string): boolean => existsSync(join(folder, 'run.json'));

/** Reads run.json; throws a KolmoError where the folder holds no run. */
export async function readRecord(folder: string): Promise<RunRecord> {
  const path = join(folder, 'run.json');
  try {
    return JSON.parse(await readFile(path, 'utf8')) as RunRecord;
  } catch (error) {
    if (error instanceof SyntaxError) {
      throw new KolmoError(`${path} is not JSON (${error.message}): restore it or train again.`);
    }
    throw new KolmoError(
      `${folder} is not a run: it has no readable run.json. Choose a folder below .kolmo/runs.`,
    );
  }
}

/** The events of a run so far; none where it has no history yet. A line that was cut off is left out. */
export async function readEvents(folder: string): Promise<StampedEvent[]> {
  const text = await readFile(join(folder, 'events.jsonl'), 'utf8').catch((error: Error) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw readError(error, folder);
  });
  return parseEvents(text);
}

/** Events from lines of JSON. A kill or a full disk can cut a line: such a line never happened. */
export function parseEvents(text: string): StampedEvent[] {
  return text.split('\n').flatMap((line) => {
    try {
      return line === '' ? [] : [JSON.parse(line) as StampedEvent];
    } catch (error) {
      if (error instanceof SyntaxError) return [];
      throw error;
    }
  });
}

/** The reduced state of a run, which is what a panel that opens late is given. */
export async function readState(folder: string): Promise<RunState> {
  return (await readEvents(folder)).reduce(reduce, emptyRun);
}

/**
 * The runs of a workspace, or, where it has no folder of them, those in it, by name from the last, which says the time.
 * Folders without a readable record are left out.
 */
export async function listRuns(workspace: string): Promise<RunSummary[]> {
  const usual = join(workspace, '.kolmo', 'runs');
  const root = existsSync(usual) ? usual : workspace;
  const names = await readdir(root).catch((error: Error) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw readError(error, root);
  });
  const runs = await Promise.all(
    names
      .sort()
      .reverse()
      .map(async (name): Promise<RunSummary[]> => {
        const folder = join(root, name);
        try {
          return [{ folder, record: await readRecord(folder), state: await readState(folder) }];
        } catch (error) {
          if (error instanceof KolmoError) return [];
          throw error;
        }
      }),
  );
  return runs.flat();
}

/** Length in bytes of a file of the run. */
export async function bytesOnDisk(path: string): Promise<number> {
  return (await stat(path)).size;
}
