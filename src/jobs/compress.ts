/** What a compress request does: passes in order, each measured from its packed file, then the packed model. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { compress } from '../core/compress/compress';
import type { PassName, PassOptions } from '../core/compress/pass';
import { KolmoError } from '../core/error';
import { exportOnnx } from '../core/train/export';
import type { RunEvent } from '../runs/events';
import { bytesOnDisk, packedStage, writeRecord } from '../runs/folder';
import { formatBytes } from '../runs/units';
import { collectAgain } from './collect';
import { stageSummary, summaryOf, type CompressSummary } from './compressSummary';
import type { JobContext } from './context';
import { withJudge, type JudgedDataset } from './judge';
import { measureOnnx, packModel, packStage, writePacked, type Packed } from './pack';
import type { CompressRequest } from '../runs/runRequests';
import { openSource, type Source } from './source';
import { denseFile, measureSpeed } from './speed';

export async function* compressRun(
  request: CompressRequest,
  context: JobContext,
): AsyncGenerator<RunEvent, CompressSummary> {
  refuseRepeats(request.passes.map(({ name }) => name));
  const source = await openSource(request, context);
  const { run, record, model } = source;
  const { threads } = request;
  const collected = yield* collectAgain(run, record, context);
  try {
    const where = { run, stage: 'train', threads } as const;
    const dataset = collected && (yield* withJudge(collected, record.architecture, where, context));
    const isNew = request.run !== run;
    const applied = isNew ? record : { ...record, compressions: [...record.compressions, request] };
    if (isNew) await writeRecord(run, record);
    // Until a pass has ended, all is as it was before.
    const onFirst = (): Promise<void> => writeRecord(run, applied);
    const { stages, last } = yield* runPasses(request, { ...source, dataset, onFirst }, context);
    if (!last && context.stopping()) throw new KolmoError(await stoppedEarly(run));
    if (!last) await onFirst();
    const packed = last ?? (await packModel(model, join(run, 'model.kolmo')));
    const measured = yield* packStage(packed, { run, dataset, threads }, context);
    return summaryOf(run, record, stages, measured);
  } finally {
    await collected?.close?.();
  }
}

interface Passed {
  stages: CompressSummary['stages'];
  /** What the last pass has packed; absent where none has ended. */
  last?: Packed;
}

/** Runs the passes in order and measures the file of each; a stop ends them where they are. */
async function* runPasses(
  { passes, fineTune, seed, threads }: CompressRequest,
  {
    run,
    model,
    chain,
    dataset,
    onFirst,
  }: Source & { dataset?: JudgedDataset; onFirst: () => Promise<void> },
  context: JobContext,
): AsyncGenerator<RunEvent, Passed> {
  const passed: Passed = { stages: [] };
  let started = context.now();
  let settings: PassOptions = {};
  const dense = await denseFile(run, model);
  const compressing = compress(model, passes, {
    ...(fineTune && dataset && { dataset }),
    seed,
    threads,
  });
  for await (const event of compressing) {
    if (context.stopping() || event.stage === 'entropyCode') break;
    const { stage } = event;
    switch (event.type) {
      case 'stageStarted': {
        started = context.now();
        settings = event.settings;
        // The first pass says what it builds on: all stages that this request applies again are gone.
        const base = !passed.last && { chain };
        yield { type: 'stageStarted', stage, settings, ...base };
        break;
      }
      case 'pass':
        yield { ...event.event, stage };
        break;
      case 'stageFinished': {
        const artifact = packedStage(stage);
        const packed = await writePacked(event, join(run, artifact));
        const where = { stage, dataset, threads };
        const measured = yield* measureOnnx(exportOnnx(packed.model), where, context);
        const seconds = context.now() - started;
        if (!passed.last) await onFirst();
        const fast = yield* measureSpeed(packed.model, { ...where, run, settings, dense });
        passed.last = { ...packed, measured };
        const { bytes, layers, ledger } = packed;
        const result = { bytes, artifact, seconds, ...measured, layers, ledger, ...fast };
        yield { type: 'stageFinished', stage, result };
        passed.stages.push(stageSummary(stage, result));
        break;
      }
      default:
        event satisfies never;
    }
  }
  return passed;
}

/** What a person is told whose first pass did not end: the packed model is not replaced by one without any pass. */
async function stoppedEarly(run: string): Promise<string> {
  const path = join(run, 'model.kolmo');
  const what = 'Stopped before the first pass had ended';
  if (!existsSync(path)) return `${what}, so nothing was packed.`;
  return `${what}: model.kolmo is the last good one still, of ${formatBytes(await bytesOnDisk(path))}.`;
}

function refuseRepeats(names: PassName[]): void {
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice === undefined) return;
  throw new KolmoError(`A run keeps one result for each pass: ask for ${twice} once.`);
}
