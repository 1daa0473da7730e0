/** Finds the run folders of a workspace and tells of each what a list shows, reading the end of its history only. */
import { open, readdir, stat } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join } from 'node:path';
import { Uri, workspace } from 'vscode';
import { datasetPath, parseEvents, readRecord } from '../runs/folder';
import { runOwner } from '../runs/lock';
import type { RunTitle } from './panelMessages';
import { emptyRun, reduce, type RunState } from '../runs/state';
import { sweepsName, type RunsOf } from './ownFolders';
import { runName } from './runFacts';

/** Bytes at the end of events.jsonl that nearly always hold the last stages' results. */
const tailBytes = 512 * 1024;

/** `kolmo.runsFolder` seen from a workspace folder. */
export function runsFolderOf(folder: string): string {
  const setting = workspace.getConfiguration('kolmo').get<string>('runsFolder', '.kolmo/runs');
  return isAbsolute(setting) ? setting : join(folder, setting);
}

/** Every folder of the workspace with the absolute folder that holds its runs. */
export const runsOfWorkspace = (): RunsOf[] =>
  (workspace.workspaceFolders ?? [])
    .filter(({ uri }) => uri.scheme === 'file')
    .map(({ uri: { fsPath } }) => ({ folder: fsPath, runs: runsFolderOf(fsPath) }));

/** The workspace folder that a run is in, by name; empty where there is only one. */
export function rootOf(run: string): string {
  if ((workspace.workspaceFolders ?? []).length < 2) return '';
  return workspace.getWorkspaceFolder(Uri.file(run))?.name ?? '';
}

/** Absolute paths of all run folders, the newest first (their names begin with the time). */
export async function listRunFolders(): Promise<string[]> {
  const found = await foldersIn(runsOfWorkspace().map(({ runs }) => runs));
  return found.sort((a, b) => basename(b).localeCompare(basename(a)));
}

/** Absolute paths of all sweeps. */
export const listSweepFolders = (): Promise<string[]> =>
  foldersIn(runsOfWorkspace().map(({ runs }) => join(dirname(runs), sweepsName)));

async function foldersIn(parents: string[]): Promise<string[]> {
  const found = await Promise.all(
    [...new Set(parents)].map(async (parent) => {
      const entries = await readdir(parent, { withFileTypes: true }).catch(() => []); // none yet
      return entries.filter((entry) => entry.isDirectory()).map(({ name }) => join(parent, name));
    }),
  );
  return found.flat();
}

/** Status and results without the curves; a run that says it runs while nobody works on it was interrupted. */
export async function readRunOutline(folder: string): Promise<RunState> {
  const file = join(folder, 'events.jsonl');
  const length = await sizeOf(file);
  if (length === undefined) return emptyRun;
  const handle = await open(file);
  try {
    const owned = runOwner(folder) !== undefined;
    let state = emptyRun;
    for (let size = tailBytes; ; size *= 2) {
      const buffer = Buffer.alloc(Math.min(length, size));
      const { bytesRead } = await handle.read(buffer, 0, buffer.length, length - buffer.length);
      state = parseEvents(buffer.subarray(0, bytesRead).toString('utf8'))
        .filter(({ type }) => type !== 'point')
        .reduce(reduce, emptyRun);
      // A long analysis may have filled the end with its progress: then more is read, unless it still goes on.
      if (size >= length || state.chain.length > 0 || owned) break;
    }
    const orphaned = state.status === 'running' && !owned;
    return orphaned ? { ...state, status: 'interrupted' } : state;
  } finally {
    await handle.close();
  }
}

/** What run.json says of the run; until it is written the run is named after its folder. */
export async function readRunTitle(folder: string): Promise<RunTitle & { known: boolean }> {
  const name = basename(folder);
  const record = await readRecord(folder).catch(() => undefined); // not written yet, or no run
  const request = record?.request;
  if (!record || !request)
    return { name, dataset: runName(folder), architecture: '', known: false };
  const dataset = record.dataset?.files[0]?.path ?? ('dataset' in request ? request.dataset : '');
  const path = datasetPath(record);
  const found = path === undefined ? undefined : await stat(path).catch(() => undefined); // gone
  return {
    name,
    ofFolder: found?.isDirectory() ?? false,
    dataset: basename(dataset) || runName(folder),
    architecture:
      record.architecture?.name ?? ('architecture' in request ? request.architecture : ''),
    known: true,
  };
}

const sizeOf = (file: string): Promise<number | undefined> =>
  stat(file).then(
    ({ size }) => size,
    () => undefined,
  );
