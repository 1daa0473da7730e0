/** What a train request with passes does: trains, unless that is done already, and compresses; one run from data to packed model. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { RunEvent } from '../runs/events';
import { bytesOnDisk, isRun, readRecord, readState } from '../runs/folder';
import { compressRun } from './compress';
import { summaryOf, type CompressSummary } from './compressSummary';
import type { JobContext } from './context';
import type { CompressRequest, PassRequest, TrainRequest } from '../runs/runRequests';
import { trainRun } from './train';

export async function* pipelineRun(
  request: TrainRequest,
  context: JobContext,
): AsyncGenerator<RunEvent, CompressSummary> {
  const { run, passes = [], threads } = request;
  if (!(await isTrained(request))) yield* trainRun(request, context);
  const stages: CompressSummary['stages'] = [];
  let summary: CompressSummary | undefined;
  for (const group of groupsOf(passes)) {
    if (context.stopping()) break;
    const compress: CompressRequest = { type: 'compress', run, ...group, threads };
    summary = yield* compressRun(compress, context);
    stages.push(...summary.stages);
  }
  return summary ? { ...summary, stages } : trainedSummary(run);
}

/** A training that was finished is not repeated: the same request gives the same model. */
async function isTrained(request: TrainRequest): Promise<boolean> {
  const { run } = request;
  if (!isRun(run) || existsSync(join(run, 'checkpoint'))) return false;
  const { chain } = await readState(run);
  if (!chain.includes('train')) return false;
  const before = (await readRecord(run)).request;
  const decisive = ({
    dataset,
    data,
    architecture,
    training,
    threads,
    engine = 'auto',
  }: TrainRequest) =>
    JSON.parse(
      JSON.stringify({ dataset, data, architecture, training, threads, engine }),
    ) as unknown;
  return before.type === 'train' && isDeepStrictEqual(decisive(before), decisive(request));
}

/** One request can hold passes of the same seed that all train on, or none of them. */
function groupsOf(passes: PassRequest[]): Pick<CompressRequest, 'passes' | 'fineTune' | 'seed'>[] {
  const groups: Pick<CompressRequest, 'passes' | 'fineTune' | 'seed'>[] = [];
  for (const { fineTune, seed, ...pass } of passes) {
    const last = groups.at(-1);
    if (last && last.fineTune === fineTune && last.seed === seed) last.passes.push(pass);
    else groups.push({ passes: [pass], fineTune, seed });
  }
  return groups;
}

/** The packed model of a pipeline without passes. */
async function trainedSummary(run: string): Promise<CompressSummary> {
  const bytes = await bytesOnDisk(join(run, 'model.kolmo'));
  const { stages } = await readState(run);
  const { test } = stages.entropyCode?.result ?? {};
  return summaryOf(run, await readRecord(run), [], { bytes, test });
}
