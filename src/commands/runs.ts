/** Commands about a run that exists: open its panel or TensorBoard, resume it, stop it, show its report. */
import { existsSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { Uri, commands, window, workspace } from 'vscode';
import { isRun, readRecord } from '../runs/folder';
import { canResume } from '../runs/state';
import { readRunOutline } from '../views/runFolders';
import { chooseRun } from './chooseRun';
import { targetPath, type House, type Target } from './house';
import { engineChoice, readSettings } from './settings';
import { runTraining } from './train';

export async function openRun(house: House, target: Target): Promise<string | undefined> {
  // The panel in front is open already: asked without an argument, the command offers the list.
  const folder = await chooseRun({ ...house, activeRun: () => undefined }, target, 'Run to open');
  if (folder) house.openRun(folder);
  return folder;
}

/** Runs the request of run.json again; a checkpoint in the folder is where training goes on. */
export async function resumeRun(
  house: House,
  target: Target,
  { wait = false }: { wait?: boolean } = {},
): Promise<string | undefined> {
  const folder = await chooseRun(house, target, 'Run to resume');
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
  // A checkpoint is where a training that was stopped goes on, also after its model was compressed.
  const hasCheckpoint = existsSync(join(folder, 'checkpoint'));
  if (state.status !== 'running' && !canResume(state) && !hasCheckpoint) {
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

export function stopRun(house: House, target: Target): Promise<boolean> {
  const stopped = house.jobs.stop(targetPath(target) ?? house.activeRun());
  if (!stopped) {
    void window.showInformationMessage(
      workspace.isTrusted
        ? 'No job of this window is running, so there is nothing to stop.'
        : 'No job of this window is running. Those that others may have started are not asked to stop in a workspace that is not trusted: stop them where they were started.',
    );
  }
  return Promise.resolve(stopped);
}

/** @returns the address that TensorBoard is served at. */
export async function openTensorBoard(house: House, target: Target): Promise<string | undefined> {
  const run = await chooseRun(house, target, 'Run to open in TensorBoard');
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
