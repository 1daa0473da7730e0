/** Where sweeps are kept: in a folder `sweeps` beside that of the runs. */
import { basename, dirname, join } from 'node:path';
import { sweepsName } from '../views/ownFolders';

/** The folder that holds the sweeps of a run; a point of a sweep has those that it belongs to. */
export function sweepsOfRun(run: string): string {
  const parent = dirname(dirname(run));
  return basename(parent) === sweepsName ? parent : join(parent, sweepsName);
}

/**
 * The folder that holds what comes of a sweep file.
 * @param workspaceFolder the folder of the workspace that holds the file, if one does
 * @param runsFolderOf the folder of runs, seen from another folder
 */
export function sweepsOfFile(
  file: string,
  workspaceFolder: string | undefined,
  runsFolderOf: (folder: string) => string,
): string {
  const folder = dirname(file);
  // The sweep file of a run that lies outside of the workspace.
  if (workspaceFolder === undefined && basename(folder) === sweepsName) return folder;
  return join(dirname(runsFolderOf(workspaceFolder ?? folder)), sweepsName);
}
