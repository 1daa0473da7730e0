/** Kolmo: Analyse Model… finds out more about a run's model without changing it; the Analysis tab shows what was found. */
import { basename } from 'node:path';
import { window } from 'vscode';
import { mappedPasses, passDescriptions } from '../core/compress/descriptions';
import type { AnalyseRequest } from '../runs/runRequests';
import { chooseRun } from './chooseRun';
import type { House, Target } from './house';
import { readSettings } from './settings';

/** Answers that the panel or a test gives beforehand; what is missing is asked. */
export interface AnalyseAnswers {
  analysis?: AnalyseRequest['analysis'];
  /** Return when the job has ended instead of when it has started. */
  wait?: boolean;
}

const choices: { label: string; detail: string; analysis: AnalyseRequest['analysis'] }[] = [
  {
    label: 'Dry Run',
    detail: 'Predicts what each pass would write, for a ladder of settings, without training.',
    analysis: { name: 'dryRun' },
  },
  ...mappedPasses.map((pass) => ({
    label: `Sensitivity: ${passDescriptions[pass].title}`,
    detail: 'Compresses each layer alone and measures what it saves and what that costs.',
    analysis: { name: 'sensitivity' as const, pass },
  })),
  {
    label: 'Prequential Code of the Labels',
    detail: 'Trains on ever more labels and codes the next ones: what the labels cost in all.',
    analysis: { name: 'prequential' },
  },
];

export async function analyse(
  house: House,
  target: Target,
  answers: AnalyseAnswers = {},
): Promise<string | undefined> {
  const run = await chooseRun(house, target, 'Run whose model to analyse', 'record');
  if (!run) return undefined;
  const analysis =
    answers.analysis ??
    (await window.showQuickPick(choices, { placeHolder: 'What to find out', matchOnDetail: true }))
      ?.analysis;
  if (!analysis) return undefined;
  const { threads } = readSettings();
  house.openRun(run);
  const request: AnalyseRequest = { type: 'analyse', run, analysis, threads };
  const ended = house.jobs.run(`Analysing ${basename(run)}`, run, request);
  if (answers.wait) await ended;
  return run;
}
