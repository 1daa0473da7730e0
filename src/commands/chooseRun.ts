/** The run that a command means: its argument, the panel in front, or the user's choice of the list. */
import { basename } from 'node:path';
import { commands, window } from 'vscode';
import { listRunFolders, readRunOutline } from '../views/runFolders';
import { runFacts } from '../views/runFacts';
import { targetPath, type House, type Target } from './house';

/** @param offers which runs the list holds */
export async function chooseRun(
  house: House,
  target: Target,
  placeHolder: string,
  offers: (folder: string) => boolean = () => true,
): Promise<string | undefined> {
  const given = targetPath(target) ?? house.activeRun();
  if (given) return given;
  const folders = (await listRunFolders()).filter(offers);
  if (folders.length === 0) {
    const choice = await window.showInformationMessage(
      'There is no run yet: right-click a dataset in the Explorer and choose Kolmo: Train Model….',
      'Train Model…',
    );
    if (choice) await commands.executeCommand('kolmo.train');
    return undefined;
  }
  const chosen = await window.showQuickPick(
    Promise.all(
      folders.map(async (folder) => ({
        label: basename(folder),
        description: runFacts(await readRunOutline(folder)),
        folder,
      })),
    ),
    { placeHolder },
  );
  return chosen?.folder;
}
