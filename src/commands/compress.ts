/** Kolmo: Compress Model…, and one command for each pass, which asks for the pass's one number. */
import { basename } from 'node:path';
import { commands, window } from 'vscode';
import { passDescriptions } from '../core/compress/descriptions';
import type { PassName, PassOptions } from '../core/compress/pass';
import type { CompressSummary } from '../jobs/compressSummary';
import type { CompressRequest } from '../runs/runRequests';
import { readRunOutline } from '../views/runFolders';
import { chooseRun, hasModel } from './chooseRun';
import type { House, Target } from './house';
import { problemOf } from './passSetting';
import { compressedText, startText } from './resultWords';
import { readSettings } from './settings';

/** Answers that a task or a test gives beforehand; what is missing is asked. */
export interface CompressAnswers {
  /** The one number of each pass: `{ prune: 0.9 }`. */
  values?: Partial<Record<PassName, number>>;
  /** Further options of each pass that are not as usual. */
  options?: Partial<Record<PassName, PassOptions>>;
  fineTune?: boolean;
  /** Return when the job has ended instead of when it has started. */
  wait?: boolean;
}

/** The passes of Compress Model…: each starts from what the one before has left. */
const compressOrder: PassName[] = ['prune', 'quantize', 'share'];

/** All three in their order, each asking for its number. */
export async function compress(
  house: House,
  target: Target,
  answers: CompressAnswers = {},
): Promise<string | undefined> {
  return runPasses(house, target, compressOrder, answers);
}

/** The command of one pass. */
export const passCommand =
  (name: PassName) =>
  (house: House, target: Target, answers: CompressAnswers = {}): Promise<string | undefined> =>
    runPasses(house, target, [name], answers);

/** One pass of the user's choice, for surfaces that have no room for all of them. */
export async function choosePass(house: House, target: Target): Promise<string | undefined> {
  const run = await chooseModel(house, target);
  if (!run) return undefined;
  const chosen = await window.showQuickPick(
    Object.values(passDescriptions).map(({ name, title, description }) => ({
      label: title,
      detail: description,
      name,
    })),
    { placeHolder: 'Pass to run on the model', matchOnDetail: true },
  );
  return chosen && runPasses(house, run, [chosen.name], {});
}

/** A run with a model that is at rest; of another it is said why nothing of it can be compressed. */
async function chooseModel(house: House, target: Target): Promise<string | undefined> {
  const run = await chooseRun(house, target, 'Run whose model to compress', 'model');
  if (!run || !house.jobs.isFree(run)) return undefined;
  if (hasModel(run)) return run;
  void window.showWarningMessage(
    `${basename(run)} holds no trained model: finish its training, or train one on a dataset with Kolmo: Train Model….`,
  );
  return undefined;
}

async function runPasses(
  house: House,
  target: Target,
  names: PassName[],
  answers: CompressAnswers,
): Promise<string | undefined> {
  const run = await chooseModel(house, target);
  if (!run) return undefined;
  const { chain } = await readRunOutline(run);
  const start = startText(chain, names);
  const passes: CompressRequest['passes'] = [];
  for (const name of names) {
    const { setting } = passDescriptions[name];
    const step = names.length > 1 ? ` (${passes.length + 1} of ${names.length})` : '';
    const value = answers.values?.[name] ?? (await askForNumber(name, step, start));
    if (value === undefined) return undefined;
    passes.push({ name, options: { ...answers.options?.[name], [setting.name]: value } });
  }
  const { threads, seed } = readSettings();
  const title = `${names.map((name) => passDescriptions[name].title).join(', ')}: ${basename(run)}`;
  house.openRun(run);
  const ended = house.jobs
    .run(title, run, {
      type: 'compress',
      run,
      passes,
      fineTune: answers.fineTune ?? true,
      seed,
      threads,
    })
    .then((result) => result && sayCompressed(result));
  if (answers.wait) await ended;
  return run;
}

export function sayCompressed(result: CompressSummary): void {
  void window
    .showInformationMessage(compressedText(result), 'Show Report')
    .then((choice) => (choice ? commands.executeCommand('kolmo.report', result.run) : undefined));
}

/** @param start where the passes start, in a sentence */
async function askForNumber(
  name: PassName,
  step: string,
  start: string,
): Promise<number | undefined> {
  const { title, setting, description } = passDescriptions[name];
  const text = await window.showInputBox({
    title: `${title}${step}`,
    prompt: [setting.prompt, description, start].filter(Boolean).join(' '),
    value: String(setting.default),
    validateInput: (value) => problemOf(value, setting),
  });
  return text === undefined ? undefined : Number(text);
}
