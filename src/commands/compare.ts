/** Kolmo: Compare Runs… takes several runs, from the list or the Models view, and lays them side by side. */
import { window } from 'vscode';
import { isRun } from '../runs/folder';
import { listRunFolders } from '../views/runFolders';
import { itemOf, outlinesOf } from './chooseRun';
import { targetPath, type House, type Target } from './house';

/** Answers that a test, or several selected runs, give beforehand. */
export interface CompareAnswers {
  runs?: string[];
}

/** @returns the folders of the runs, or undefined when the user backed out. */
export async function compareRuns(
  house: House,
  target: Target,
  answers: CompareAnswers = {},
): Promise<string[] | undefined> {
  const given = (answers.runs ?? []).filter(isRun);
  const runs = given.length > 1 ? given : await chooseRuns(targetPath(target) ?? house.activeRun());
  if (runs) await house.compareRuns(runs);
  return runs;
}

async function chooseRuns(first: string | undefined): Promise<string[] | undefined> {
  // A run that only wrote a program has no curves and no model to compare.
  const folders = (await listRunFolders()).filter(isRun);
  if (folders.length < 2) {
    void window.showInformationMessage(
      'There are fewer than two runs: train another one with other settings, then compare them.',
    );
    return undefined;
  }
  // The run that was asked for and the newest other one are chosen until the user says otherwise.
  const wanted = first !== undefined && folders.includes(first) ? [first] : [];
  const chosen = [...new Set([...wanted, ...folders])].slice(0, 2);
  const picked = await window.showQuickPick(
    (await outlinesOf(folders)).map((run) => ({
      ...itemOf(run),
      picked: chosen.includes(run.folder),
    })),
    { placeHolder: 'Runs to compare', canPickMany: true },
  );
  if (!picked) return undefined;
  if (picked.length > 1) return picked.map(({ folder }) => folder);
  void window.showErrorMessage('One run has nothing to be compared with: choose two or more.');
  return undefined;
}
