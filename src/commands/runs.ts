/** Commands about a run that exists: open its panel or TensorBoard, resume it, stop it, show its report. */
import { existsSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { Uri, commands, window, workspace } from 'vscode';
import { isRun, readRecord } from '../runs/folder';
import { runOwner } from '../runs/lock';
import { canResume } from '../runs/state';
import { resultsName } from '../runs/sweepFile';
import { listRunFolders, readRunOutline } from '../views/runFolders';
import { sweepEditorType } from '../views/sweepEditor';
import { chooseRun, hasCheckpoint, outlinesOf, pickRun } from './chooseRun';
import { targetPath, type House, type Target } from './house';
import { engineChoice, readSettings } from './settings';
import { runTraining } from './train';

export async function openRun(house: House, target: Target): Promise<string | undefined> {
  // The panel in front is open already: asked without an argument, the command offers the list.
  const folder = await chooseRun({ ...house, activeRun: () => undefined }, target, 'Run to open');
  if (!folder) return undefined;
  const results = join(folder, resultsName);
  if (!existsSync(results)) house.openRun(folder);
  else await commands.executeCommand('vscode.openWith', Uri.file(results), sweepEditorType);
  return folder;
}

/** Runs the request of run.json again; a checkpoint in the folder is where training goes on. */
export async function resumeRun(
  house: House,
  target: Target,
  { wait = false }: { wait?: boolean } = {},
): Promise<string | undefined> {
  const folder = await chooseRun(house, target, 'Run to resume', 'unfinished');
  if (!folder) return undefined;
  if (!isRun(folder)) {
    void window.showErrorMessage(
      `${basename(folder)} trained nothing that could be resumed: run Kolmo: Generate Program… on the file again.`,
    );
    return undefined;
  }
  const { request } = await readRecord(folder);
  if (request.type !== 'train') {
    void window.showErrorMessage(
      `${basename(folder)} was not trained here but made from a model file, so there is no training to resume. Compress the model file again.`,
    );
    return undefined;
  }
  const state = await readRunOutline(folder);
  if (state.status !== 'running' && !canResume(state) && !hasCheckpoint(folder)) {
    void window.showErrorMessage(
      `The training of ${basename(folder)} is complete, so there is nothing to resume. Kolmo: Train Model… on the dataset begins another run.`,
    );
    return undefined;
  }
  house.openRun(folder);
  // What never began may have lacked the engine of that time.
  const { engine, modules } = state.stages.train ? request : engineChoice(readSettings());
  // The folder may have been moved or copied since.
  const ended = runTraining(house, { ...request, engine, modules, run: folder });
  if (wait) await ended;
  return folder;
}

/** Stops the job of a run; without an argument that of the panel in front, or the only one, and of several the user's choice. */
export async function stopRun(house: House, target: Target): Promise<boolean> {
  const folder = targetPath(target) ?? (await chooseRunning(house));
  if (folder === undefined) return false;
  const stopped = house.jobs.stop(folder);
  if (!stopped) void window.showInformationMessage(notRunning());
  return stopped;
}

async function chooseRunning(house: House): Promise<string | undefined> {
  const folders = new Set(house.jobs.running());
  // A reloaded window finds the jobs of the one before by the marks that they left.
  if (workspace.isTrusted) {
    for (const folder of await listRunFolders()) if (runOwner(folder)) folders.add(folder);
  }
  const active = house.activeRun();
  if (active !== undefined && folders.has(active)) return active;
  if (folders.size > 1) return pickRun(await outlinesOf([...folders]), 'Run to stop');
  if (folders.size === 0) void window.showInformationMessage(notRunning());
  return [...folders][0];
}

const notRunning = (): string =>
  workspace.isTrusted
    ? 'No job is running, so there is nothing to stop.'
    : 'No job of this window is running. Those that others may have started are not asked to stop in a workspace that is not trusted: stop them where they were started.';

/** @returns the address that TensorBoard is served at. */
export async function openTensorBoard(house: House, target: Target): Promise<string | undefined> {
  const run = await chooseRun(house, target, 'Run to open in TensorBoard', 'record');
  return run && house.openTensorBoard(run);
}

/** Writes the report anew and opens it rendered. */
export async function showReport(house: House, target: Target): Promise<string | undefined> {
  const run = await chooseRun(house, target, 'Run whose report to show');
  if (!run) return undefined;
  const report = join(run, 'report.md');
  try {
    await house.jobs.ask({ type: 'report', run });
  } catch (error) {
    const old = await stat(report).catch(() => undefined);
    void window.showErrorMessage((error as Error).message);
    if (!old) return undefined;
  }
  await commands.executeCommand('markdown.showPreview', Uri.file(report));
  return report;
}
