/** What an analyse request does: finds out more about a run's model, piece by piece, and changes nothing of it. */
import { ladders, predict } from '../core/compress/analysis/dryRun';
import {
  prequential,
  prequentialBlocks,
  withAllLabels,
} from '../core/compress/analysis/descriptionLength';
import { sensitivity, type Sensitivity } from '../core/compress/analysis/sensitivity';
import { passDescriptions, type MappedPass } from '../core/compress/descriptions';
import type { PassName } from '../core/compress/pass';
import { isWeights } from '../core/compress/parameters';
import type { Dataset } from '../core/data/dataset';
import { KolmoError } from '../core/error';
import { resultOf } from '../core/relay';
import { trainDefaults } from '../core/train/options';
import type { Finding, Rung, RunEvent } from '../runs/events';
import { collectAgain } from './collect';
import type { JobContext } from './context';
import { withJudge } from './judge';
import type { AnalyseRequest } from '../runs/runRequests';
import { openRun } from './source';

/** What `kolmo analyse --json` prints. */
export interface AnalyseSummary {
  run: string;
  findings: Finding[];
}

export async function* analyseRun(
  request: AnalyseRequest,
  context: JobContext,
): AsyncGenerator<RunEvent, AnalyseSummary> {
  const { run } = request;
  const findings: Finding[] = [];
  for await (const event of eventsOf(request, context)) {
    if (event.type === 'found') findings.push(event.finding);
    yield event;
    if (context.stopping()) break;
  }
  return { run, findings };
}

function eventsOf(request: AnalyseRequest, context: JobContext): AsyncGenerator<RunEvent> {
  const { run, analysis, threads } = request;
  switch (analysis.name) {
    case 'dryRun':
      return dryRun(run);
    case 'sensitivity':
      return map(run, analysis.pass, analysis.settings ?? ladders[analysis.pass], threads, context);
    case 'prequential':
      return codeLabels(run, threads, context);
    default:
      return analysis satisfies never;
  }
}

/** What each pass would make of the model that it would start from, without training and without coding. */
async function* dryRun(run: string): AsyncGenerator<RunEvent> {
  const names = Object.values(passDescriptions).map(({ name }): PassName => name);
  const total = names.reduce((sum, name) => sum + ladders[name].length, 0);
  let done = 0;
  for (const pass of names.filter((name) => ladders[name].length > 0)) {
    const { model } = await openRun(run, [pass]);
    const rungs: Rung[] = [];
    for (const setting of ladders[pass]) {
      const note = `${passDescriptions[pass].title}, ${setting}`;
      yield { type: 'analysing', analysis: 'dryRun', done: done++, total, note };
      try {
        rungs.push({ setting, bytes: predict(model, pass, setting) });
      } catch (error) {
        if (!(error instanceof KolmoError)) throw error;
        rungs.push({ setting, problem: error.message });
      }
    }
    yield { type: 'found', finding: { type: 'dryRun', pass, rungs } };
  }
}

async function* map(
  run: string,
  pass: MappedPass,
  settings: number[],
  threads: number,
  context: JobContext,
): AsyncGenerator<RunEvent> {
  const { model, record } = await openRun(run, [pass]);
  yield { type: 'analysing', analysis: 'sensitivity', done: 0, total: 1, note: 'Reading the data' };
  const dataset = await resultOf(collectAgain(run, record, context));
  if (!dataset) throw new KolmoError(noData);
  try {
    const where = { run, stage: 'train' as const, threads };
    const judged = await resultOf(withJudge(dataset, record.architecture, where, context));
    const judge = judged.judge === 'missing' ? undefined : judged.judge;
    const total = model.parameters.filter(isWeights).length * settings.length;
    let done = 0;
    for await (const cell of sensitivity(model, dataset, pass, settings, { threads, judge })) {
      yield { type: 'found', finding: { type: 'sensitivity', pass, cell } };
      const note = noteOf(cell);
      yield { type: 'analysing', analysis: 'sensitivity', done: ++done, total, note };
    }
  } finally {
    await dataset.close?.();
  }
}

const noteOf = ({ parameter, setting }: Sensitivity): string => `${parameter} at ${setting}`;

const noData =
  'This run began with a model file, so there is no dataset to measure with: train a model here first.';

/** Trains on ever more labels and codes the next ones: what the labels cost one who has no model to begin with. */
async function* codeLabels(
  run: string,
  threads: number,
  context: JobContext,
): AsyncGenerator<RunEvent> {
  const { record } = await openRun(run, []);
  const { architecture, training = trainDefaults } = record;
  yield { type: 'analysing', analysis: 'prequential', done: 0, total: 1, note: 'Reading the data' };
  const dataset = await resultOf(collectAgain(run, record, context));
  if (!dataset || !architecture) throw new KolmoError(noData);
  try {
    yield* blocks(withAllLabels(dataset));
  } finally {
    await dataset.close?.();
  }

  async function* blocks(all: Dataset): AsyncGenerator<RunEvent> {
    const known = prequentialBlocks(all.splits.training.count);
    // An epoch over twice the labels takes twice the time.
    const total = known.reduce((sum, count) => sum + count, 0);
    let current = -1;
    let before = 0;
    // The run's own engine may be one that is not loaded here, and any of them measures the code.
    const options = { ...training, threads, runtime: trainDefaults.runtime };
    for await (const event of prequential(architecture!, all, options)) {
      if (event.type === 'block') {
        if (current >= 0) before += known[current];
        current++;
        const { coded, total: bytes } = event;
        yield { type: 'found', finding: { type: 'prequential', coded, bytes } };
      } else if (event.type === 'progress') {
        yield {
          type: 'analysing',
          analysis: 'prequential',
          done: before + (known[current] * event.done) / event.total,
          total,
          note: `${known[current]} labels known, ${event.note.toLowerCase()}`,
        };
      }
    }
  }
}
