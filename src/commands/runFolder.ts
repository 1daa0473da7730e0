/** Where a new run of a file goes: the runs folder of its workspace, or beside the file when no folder is open. */
import { basename, dirname, join } from 'node:path';
import { Uri, commands, window, workspace } from 'vscode';
import { refuseUnwritable } from '../runs/artifact';
import { claimRunFolder, runFolderFor } from '../runs/folder';
import { runsFolderOf } from '../views/runFolders';

/** Makes the folder, whose name holds the time, the dataset and the architecture. */
export function newRunFolder(file: string, architecture: string): Promise<string> {
  const name = basename(runFolderFor('', { dataset: file, architecture, date: new Date() }));
  return claimRunFolder(join(parentOf(file), name));
}

/** Whether runs of a file can be written; where they cannot, says why, so that nothing is asked in vain. */
export async function canWriteRuns(file: string): Promise<boolean> {
  try {
    await refuseUnwritable(parentOf(file));
    return true;
  } catch (error) {
    void window
      .showErrorMessage(
        `${(error as Error).message} The setting kolmo.runsFolder says where runs go.`,
        'Open Setting',
      )
      .then((choice) =>
        choice
          ? commands.executeCommand('workbench.action.openSettings', 'kolmo.runsFolder')
          : undefined,
      );
    return false;
  }
}

function parentOf(file: string): string {
  const folder = workspace.getWorkspaceFolder(Uri.file(file)) ?? workspace.workspaceFolders?.[0];
  return runsFolderOf(folder?.uri.fsPath ?? dirname(file));
}
