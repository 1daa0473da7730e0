/** Where a new run of a file goes: the runs folder of its workspace, or beside the file when no folder is open. */
import { basename, dirname, join } from 'node:path';
import { Uri, workspace } from 'vscode';
import { runFolderFor } from '../runs/folder';
import { runsFolderOf } from '../views/runFolders';

/** The folder's name holds the time, the dataset and the architecture; it is made by the job. */
export function newRunFolder(file: string, architecture: string): string {
  const folder = workspace.getWorkspaceFolder(Uri.file(file)) ?? workspace.workspaceFolders?.[0];
  const name = basename(runFolderFor('', { dataset: file, architecture, date: new Date() }));
  return join(runsFolderOf(folder?.uri.fsPath ?? dirname(file)), name);
}
