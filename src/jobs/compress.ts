/** What a compress request does: passes in order, each measured from its packed file, then the packed model. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { compress } from '../core/compress/compress';
import type { PassName, PassOptions } from '../core/compress/pass';
import { KolmoError } from '../core/error';
import { exportOnnx } from '../core/train/export';
import { float32Bytes, type Metrics } from '../core/train/model';
import type { RunEvent, StageResult } from '../runs/events';
import { bytesOnDisk, packedStage, writeRecord, type RunRecord } from '../runs/folder';
import { formatBytes } from '../runs/units';
import { collectAgain } from './collect';
import type { JobContext } from './context';
import { withJudge } from './judge';
import { measureOnnx, packModel, packStage, writePacked, type Packed } from './pack';
import type { CompressRequest } from '../runs/runRequests';
import { openSource } from './source';
import { denseFile, measureSpeed } from './speed';

/** What `kolmo compress --json` prints. */
export interface CompressSummary {
  run: string;
  stages: { name: PassName; bytes: number; testError?: number; seconds: number }[];
  file: string;
  bytes: number;
  /** Bytes of the float32 parameters to bytes of the file. */
  ratio: number;
  testError?: number;
  metrics?: Metrics;
}

export async function* compressRun(
  request: CompressRequest,
  context: JobContext,
): AsyncGenerator<RunEvent, CompressSummary> {
  const { passes: wanted, threads } = request;
  refuseRepeats(wanted.map(({ name }) => name));
  const { run, record, model, chain } = await openSource(request, context);
  const collected = yield* collectAgain(run, record, context);
  try {
    const where = { run, stage: 'train', threads } as const;
    const dataset = collected && (yield* withJudge(collected, record.architecture, where, context));
    const isNew = request.run !== run;
    const applied = isNew ? record : { ...record, compressions: [...record.compressions, request] };
    if (isNew) await writeRecord(run, record);
    const stages: CompressSummary['stages'] = [];
    let current: Packed | undefined;
    let started = context.now();
    let settings: PassOptions = {};
    const dense = await denseFile(run, model);
    const compressing = compress(model, wanted, {
      ...(request.fineTune && dataset && { dataset }),
      seed: request.seed,
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
          const base = stages.length === 0 && { chain };
          yield { type: 'stageStarted', stage, settings: event.settings, ...base };
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
          // Until a pass has ended, all is as it was before.
          if (stages.length === 0) await writeRecord(run, applied);
          const fast = yield* measureSpeed(packed.model, { ...where, run, settings, dense });
          current = { ...packed, measured };
          const { bytes, layers, ledger } = packed;
          const result = { bytes, artifact, seconds, ...measured, layers, ledger, ...fast };
          yield { type: 'stageFinished', stage, result };
          stages.push(stageSummary(stage, result));
          break;
        }
        default:
          event satisfies never;
      }
    }
    if (!current && context.stopping()) throw new KolmoError(await stoppedEarly(run));
    if (stages.length === 0) await writeRecord(run, applied);
    const options = { run, dataset, threads };
    current ??= await packModel(model, join(run, 'model.kolmo'));
    const packed = yield* packStage(current, options, context);
    return summaryOf(run, record, stages, packed);
  } finally {
    await collected?.close?.();
  }
}

/** What a run's packed model is, and which stages of this request made it. */
export function summaryOf(
  run: string,
  { parameters = 0 }: RunRecord,
  stages: CompressSummary['stages'],
  { bytes, test }: { bytes: number; test?: Metrics },
): CompressSummary {
  return {
    run,
    stages,
    file: join(run, 'model.kolmo'),
    bytes,
    ratio: float32Bytes(parameters) / bytes,
    ...(test?.error !== undefined && { testError: test.error }),
    ...(test && { metrics: test }),
  };
}

const stageSummary = (
  name: PassName,
  { bytes, test, seconds }: StageResult,
): CompressSummary['stages'][number] => ({
  name,
  bytes,
  ...(test?.error !== undefined && { testError: test.error }),
  seconds,
});

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
