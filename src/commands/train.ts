/** Kolmo: Train Model… asks for the target and the architecture of a dataset, then trains. */
import { basename } from 'node:path';
import { ProgressLocation, commands, window, type QuickPickItem } from 'vscode';
import { datasetDefaults } from '../core/data/dataset';
import type { TrainRequest, TrainingOptions } from '../runs/runRequests';
import type { DatasetDescription } from '../jobs/protocol';
import { chooseDataset } from './chooseDataset';
import { sayCompressed } from './compress';
import { targetPath, type House, type Target } from './house';
import { isCompressed, trainedText } from './resultWords';
import { canWriteRuns, newRunFolder } from './runFolder';
import { engineChoice, readSettings } from './settings';

/** Answers that a task or a test gives beforehand; what is missing is asked. */
export interface TrainAnswers {
  target?: string;
  architecture?: string;
  training?: TrainingOptions;
  /** Return when the job has ended instead of when it has started. */
  wait?: boolean;
}

/** @returns the folder of the run, or undefined when the user backed out. */
export async function train(
  house: House,
  target: Target,
  answers: TrainAnswers = {},
): Promise<string | undefined> {
  const dataset = targetPath(target) ?? (await chooseDataset());
  if (!dataset || !(await canWriteRuns(dataset))) return undefined;
  const description = await describe(house, dataset, answers);
  if (!description) return undefined;
  const column = answers.target ?? (await askForTarget(description, dataset));
  if (column === undefined) return undefined;
  const architecture = answers.architecture ?? (await askForArchitecture(description, dataset));
  if (!architecture) return undefined;

  const settings = readSettings();
  const { threads, epochs, patience, seed } = settings;
  const run = await newRunFolder(dataset, architecture);
  const request: TrainRequest = {
    type: 'train',
    dataset,
    data: { ...datasetDefaults, seed, ...(column === '' ? {} : { target: column }) },
    architecture,
    training: { epochs, patience, seed, ...answers.training },
    ...engineChoice(settings),
    run,
    threads,
  };
  const ended = runTraining(house, request);
  house.openRun(run);
  if (answers.wait) await ended;
  return run;
}

/** Trains and says what came out. */
export async function runTraining(house: House, request: TrainRequest): Promise<void> {
  const { architecture, dataset, run } = request;
  const result = await house.jobs.run(
    `Training ${architecture} on ${basename(dataset)}`,
    run,
    request,
  );
  if (!result) return;
  // A run that a pipeline made goes on with its passes.
  if (isCompressed(result)) sayCompressed(result);
  else sayTrained(run, dataset, result);
}

/** Says what a training made, with the next step as a button. */
export function sayTrained(
  run: string,
  dataset: string,
  result: Parameters<typeof trainedText>[0],
): void {
  // The message waits for a person, the command does not.
  void window
    .showInformationMessage(trainedText(result, dataset), 'Compress Model…', 'Show Report')
    .then((choice) => {
      if (choice === 'Compress Model…') return commands.executeCommand('kolmo.compress', run);
      if (choice === 'Show Report') return commands.executeCommand('kolmo.report', run);
      return undefined;
    });
}

/** Asks the job process; nothing needs to be described when every answer is given. */
async function describe(
  house: House,
  dataset: string,
  answers: TrainAnswers,
): Promise<DatasetDescription | undefined> {
  if (answers.architecture && answers.target !== undefined) {
    return { summary: '', targets: [], architectures: [] };
  }
  try {
    return await window.withProgress(
      { location: ProgressLocation.Window, title: `Reading ${basename(dataset)}` },
      () => house.jobs.ask({ type: 'describe', dataset, ...engineChoice(readSettings()) }),
    );
  } catch (error) {
    void window.showErrorMessage((error as Error).message);
    return undefined;
  }
}

/** @returns the column, `''` when the data has none to choose, undefined when the user backed out. */
async function askForTarget(
  { targets, summary }: DatasetDescription,
  dataset: string,
): Promise<string | undefined> {
  if (targets.length === 0) return '';
  const choices: QuickPickItem[] = targets.map(({ name, task, detail }, i) => ({
    label: name,
    description: i === 0 ? `${task}, the likeliest` : task,
    detail,
  }));
  const chosen = await window.showQuickPick(choices, {
    title: `Train on ${basename(dataset)}: ${summary}`,
    placeHolder: 'Column to predict',
    matchOnDetail: true,
  });
  return chosen?.label;
}

async function askForArchitecture(
  { architectures, summary }: DatasetDescription,
  dataset: string,
): Promise<string | undefined> {
  const choices: QuickPickItem[] = architectures.map(({ name, detail }, i) => ({
    label: name,
    description: i === 0 ? 'default' : '',
    detail,
  }));
  const chosen = await window.showQuickPick(choices, {
    title: `Train on ${basename(dataset)}: ${summary}`,
    placeHolder: 'Architecture',
    matchOnDetail: true,
  });
  return chosen?.label;
}
