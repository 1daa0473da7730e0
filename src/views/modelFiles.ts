/** Finds the model files of a workspace that Kolmo has not made itself. */
import { workspace, type Uri } from 'vscode';
import { excludedGlob, isOwn } from './ownFolders';
import { runsOfWorkspace } from './runFolders';

/** Model files looked for at most; a workspace with more has its own tools. */
const mostFiles = 200;

export async function findModelFiles(extensions: string[]): Promise<Uri[]> {
  const runs = runsOfWorkspace();
  const found = await workspace.findFiles(
    `**/*{${extensions.join(',')}}`,
    excludedGlob(runs),
    mostFiles,
  );
  return found
    .filter(({ fsPath }) => !isOwn(fsPath, runs))
    .sort((a, b) => a.fsPath.localeCompare(b.fsPath));
}
