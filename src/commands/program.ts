/** Kolmo: Generate Program… writes a self-contained program that regenerates a file byte for byte. */
import { existsSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename, isAbsolute, join } from 'node:path';
import { Uri, commands, window } from 'vscode';
import { patience, veryLargeFile } from '../jobs/patience';
import type { ProgramRequest } from '../jobs/protocol';
import type { ProgramSummary } from '../jobs/programSteps';
import type { VerifySummary } from '../jobs/verify';
import { datasetPath, isGenerator, isRun, readRecord, readState } from '../runs/folder';
import { unwrittenSource } from '../runs/state';
import { formatBytes } from '../runs/units';
import { readRunOutline } from '../views/runFolders';
import { chooseRun } from './chooseRun';
import { targetPath, type House, type Target } from './house';
import { canWriteRuns, newRunFolder } from './runFolder';
import { readSettings } from './settings';

/** Answers that a task or a test gives beforehand; what is missing is asked. */
export interface ProgramAnswers {
  effort?: ProgramRequest['effort'];
  /** Return when the job has ended instead of when it has started. */
  wait?: boolean;
}

const efforts: { label: string; effort: ProgramRequest['effort']; detail: string }[] = [
  {
    label: 'Balanced',
    effort: 'balanced',
    detail: 'Most of the savings in a fraction of the time.',
  },
  { label: 'Fast', effort: 'fast', detail: 'Quick to write and quick to run, a little longer.' },
  {
    label: 'Max',
    effort: 'max',
    detail: 'The shortest program that the search finds, which may run for half a minute.',
  },
];

/** @returns the folder of the run whose program stage this is, or undefined when the user backed out. */
export async function program(
  house: House,
  target: Target,
  answers: ProgramAnswers = {},
): Promise<string | undefined> {
  const given = targetPath(target) ?? house.activeRun() ?? (await askForFile());
  if (!given) return undefined;
  const ofRun = isRun(given);
  const outline = isProgramRun(given) ? await readRunOutline(given) : undefined;
  const again = outline && unwrittenSource(outline);
  const inRun = ofRun || again !== undefined;
  if (inRun && !house.jobs.isFree(given)) return undefined;
  const file = ofRun
    ? await datasetOf(given)
    : (again ?? outline?.stages.program?.result?.program?.file ?? given);
  if (!file || !(inRun || (await canWriteRuns(file)))) return undefined;
  const { effort: preferred, threads } = readSettings();
  // A program that draws samples is written in one way, whatever the size of the dataset.
  const draws = ofRun && isGenerator(await readRecord(given));
  const effort = answers.effort ?? (draws ? preferred : await askForEffort(preferred));
  if (!effort || !(draws || (await isWorthWaiting(file, threads)))) return undefined;
  const run = inRun ? given : await newRunFolder(file, 'program');
  house.openRun(run);
  const what = draws ? 'that draws samples' : `for ${basename(file)}`;
  const ended = house.jobs
    .run(`Generating a program ${what}`, run, {
      type: 'program',
      file,
      out: join(run, `${basename(file)}.program.mjs`),
      effort,
      ascii: false,
      threads,
      run,
    })
    .then((result) => result && sayProgram(result));
  if (answers.wait) await ended;
  return run;
}

/** Whether the folder is a run that writes a program alone, which has no record. */
const isProgramRun = (path: string): boolean =>
  !isRun(path) && existsSync(join(path, 'events.jsonl'));

export function sayProgram(result: ProgramSummary): void {
  const { bytes, file, samples } = result;
  const what =
    samples === undefined
      ? `${basename(file)} as a program: ${formatBytes(bytes.total)} instead of ${formatBytes(bytes.source)}`
      : `A program of ${formatBytes(bytes.total)} draws samples from a seed`;
  void window
    .showInformationMessage(
      `${what}${result.verified ? ', verified by running it' : ''}.`,
      'Open Program',
    )
    .then((choice) =>
      choice ? commands.executeCommand('vscode.open', Uri.file(result.program)) : undefined,
    );
}

/** Runs the program of a run once more and says whether it still prints its file; the panel shows the proof. */
export async function verify(house: House, target: Target): Promise<boolean> {
  const run = await chooseRun(house, target, 'Run whose program to verify', 'program');
  if (!run) return false;
  const result = (await readState(run)).stages.program?.result;
  if (!result?.program) {
    void window.showErrorMessage(
      `${basename(run)} has no program yet: run Kolmo: Generate Program… first.`,
    );
    return false;
  }
  const { file } = result.program;
  const program = isAbsolute(result.artifact) ? result.artifact : join(run, result.artifact);
  const summary = await house.jobs.run(`Verifying the program of ${basename(file)}`, run, {
    type: 'verify',
    program,
    file,
    run,
  });
  if (!summary) return false;
  sayVerified(summary);
  return summary.verified;
}

export function sayVerified({
  file,
  verified,
  sha256,
}: Pick<VerifySummary, 'file' | 'verified' | 'sha256'>): void {
  const words = verified ? 'exactly the bytes' : 'something else than the bytes';
  const say = verified ? window.showInformationMessage : window.showErrorMessage;
  void say(`The program prints ${words} of ${basename(file)}: SHA-256 ${sha256}.`);
}

/** The dataset that a run was trained on, from its run.json. */
async function datasetOf(run: string): Promise<string | undefined> {
  try {
    const record = await readRecord(run);
    const file = datasetPath(record);
    if (!file) throw new Error('run.json names none.');
    // A file that cannot be read is complained of by the job.
    const found = await stat(file).catch(() => undefined);
    if (!found?.isDirectory() || isGenerator(record)) return file;
    void window.showErrorMessage(
      `${basename(file)} is a folder, and a program prints a single file: right-click one in the Explorer.`,
    );
    return undefined;
  } catch (error) {
    void window.showErrorMessage(
      `The dataset of ${basename(run)} is not known: ${(error as Error).message} Right-click the file itself instead.`,
    );
    return undefined;
  }
}

async function askForFile(): Promise<string | undefined> {
  const chosen = await window.showOpenDialog({
    title: 'File to write a program for',
    openLabel: 'Generate Program…',
    // Most likely that which is looked at.
    defaultUri: window.activeTextEditor?.document.uri,
  });
  return chosen?.[0]?.fsPath;
}

/** Of a very large file the time that it takes is said before anything begins. */
async function isWorthWaiting(file: string, threads: number): Promise<boolean> {
  // A file that cannot be read is complained of by the job.
  const size = await stat(file).then(
    ({ size }) => size,
    () => 0,
  );
  if (size <= veryLargeFile) return true;
  const detail = patience(file, size, threads);
  const start = 'Generate Program';
  const question = `Generate a program for ${basename(file)}?`;
  return (await window.showWarningMessage(question, { modal: true, detail }, start)) === start;
}

async function askForEffort(
  preferred: ProgramRequest['effort'],
): Promise<ProgramRequest['effort'] | undefined> {
  const choices = [...efforts].sort(
    (a, b) => Number(b.effort === preferred) - Number(a.effort === preferred),
  );
  const chosen = await window.showQuickPick(choices, { placeHolder: 'Effort of the search' });
  return chosen?.effort;
}
