/** Kolmo: Sweep… measures combinations of settings: those of a sweep file, or values that it asks for beside a run's pipeline. */
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { Uri, commands, window, workspace, type Disposable } from 'vscode';
import { passDescriptions } from '../core/compress/descriptions';
import type { PassName } from '../core/compress/pass';
import { writeArtifact, writeIfAbsent } from '../runs/artifact';
import { createRunFolder, readRecord, readState } from '../runs/folder';
import { pipelineOf } from '../runs/pipelineFile';
import {
  combinationsOf,
  parseSweep,
  resultsName,
  sweepExtension,
  type Sweep,
} from '../runs/sweepFile';
import { runsFolderOf } from '../views/runFolders';
import { sweepEditorType } from '../views/sweepEditor';
import { chooseRun } from './chooseRun';
import { targetPath, type House, type Target } from './house';
import { problemOf } from './passSetting';
import { registerRunLens } from './runLens';
import { readSettings } from './settings';
import { sweepsOfFile, sweepsOfRun } from './sweepFolders';

export interface SweepAnswers {
  /** Values of each pass's one number. */
  values?: Partial<Record<PassName, number[]>>;
  wait?: boolean;
}

/** @returns the path of the results */
export async function sweep(
  house: House,
  target: Target,
  answers: SweepAnswers = {},
): Promise<string | undefined> {
  const given = targetPath(target) ?? window.activeTextEditor?.document.uri.fsPath;
  const file = given?.endsWith(sweepExtension) ? given : await fileOfRun(house, target, answers);
  if (!file) return undefined;
  await workspace.textDocuments.find(({ uri }) => uri.fsPath === file)?.save();
  const { engine, modules } = readSettings();
  const wanted: Sweep = {
    ...(engine !== 'auto' && { engine }),
    ...parseSweep(await readFile(file, 'utf8'), basename(file)),
  };
  const workspaceFolder = workspace.getWorkspaceFolder(Uri.file(file))?.uri.fsPath;
  const sweeps = sweepsOfFile(file, workspaceFolder, runsFolderOf);
  const folder = join(sweeps, basename(file).replace(sweepExtension, ''));
  const results = join(folder, resultsName);
  const { length: total } = combinationsOf(wanted);
  const ended = house.jobs.run(`Sweep ${basename(folder)}, ${total} points`, folder, {
    type: 'sweep',
    sweep: wanted,
    base: file,
    folder,
    modules,
  });
  await createRunFolder(folder);
  const fresh = { name: basename(folder), architecture: wanted.architecture, total, points: [] };
  // The chart opens at once; the job replaces this by what an earlier sweep has measured already.
  await writeIfAbsent(results, JSON.stringify(fresh));
  await commands.executeCommand('vscode.openWith', Uri.file(results), sweepEditorType);
  if (answers.wait) await ended;
  return results;
}

export const registerSweeps = (): Disposable =>
  registerRunLens(sweepExtension, {
    title: 'Run Sweep',
    command: 'kolmo.sweep',
    tooltip: 'Measure every combination that this file asks for, and chart bytes against error',
  });

/** Writes the sweep file of a run's pipeline with other values of its passes. */
async function fileOfRun(
  house: House,
  target: Target,
  answers: SweepAnswers,
): Promise<string | undefined> {
  const run = await chooseRun(house, target, 'Run whose settings to sweep', 'record');
  if (!run) return undefined;
  const values = answers.values ?? (await askForValues());
  if (!values) return undefined;
  const passes = Object.entries(values).map(([pass, list]) => ({
    pass: pass as PassName,
    [passDescriptions[pass as PassName].setting.name]: list,
  }));
  // With its time: another run of the same dataset keeps its own sweep.
  const file = join(sweepsOfRun(run), `${basename(run)}${sweepExtension}`);
  const wanted: Sweep = {
    ...pipelineOf(await readRecord(run), await readState(run), file),
    passes,
  };
  await writeArtifact(file, `${JSON.stringify(wanted, null, 2)}\n`);
  return file;
}

async function askForValues(): Promise<SweepAnswers['values']> {
  const chosen = await window.showQuickPick(
    Object.values(passDescriptions).map(({ name, title, description }) => ({
      label: title,
      detail: description,
      name: name as PassName,
    })),
    { placeHolder: 'Passes to sweep over, in this order', canPickMany: true },
  );
  if (!chosen?.length) return undefined;
  const values: SweepAnswers['values'] = {};
  for (const { name, label } of chosen) {
    const { setting } = passDescriptions[name];
    const text = await window.showInputBox({
      title: label,
      prompt: `Values of ${setting.name}, separated by commas. ${setting.prompt}`,
      value: String(setting.default),
      validateInput: (typed) =>
        typed
          .split(',')
          .map((each) => problemOf(each.trim(), setting))
          .find(Boolean),
    });
    if (text === undefined) return undefined;
    values[name] = text.split(',').map(Number);
  }
  return values;
}
