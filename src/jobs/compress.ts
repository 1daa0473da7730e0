/** What a compress request does: passes in order, each measured from its packed file, then the packed model. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { decode } from '../core/compress/container/container';
import { compress } from '../core/compress/compress';
import type { PassName, PassOptions } from '../core/compress/pass';
import { KolmoError } from '../core/error';
import type { Metrics, Model } from '../core/train/model';
import type { RunEvent, StageName } from '../runs/events';
import { readRecord, readState, writeRecord, type RunRecord } from '../runs/folder';
import { collectAgain } from './collect';
import { denseFile, measureSpeed } from './speed';
import type { JobContext } from './context';
import { measureModel, packModel, packStage, writePacked, type Packed } from './pack';
import type { CompressRequest } from './protocol';
import { versions } from './versions';

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
  const dataset = yield* collectAgain(run, record, context);
  try {
    await writeRecord(run, {
      ...record,
      compressions: request.run === run ? [...record.compressions, request] : [],
    });
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
          const artifact = `stages/${stage}.kolmo`;
          const packed = await writePacked(event, join(run, artifact));
          const measured = await measureModel(packed.model, dataset, threads);
          const seconds = context.now() - started;
          const { bytes, layers } = packed;
          const fast = await measureSpeed(packed.model, {
            run,
            stage,
            settings,
            dense,
            dataset,
            threads,
          });
          const result = { bytes, artifact, seconds, ...measured, layers, ...fast };
          yield { type: 'stageFinished', stage, result };
          const testError = measured.test?.error;
          stages.push({
            name: stage,
            bytes,
            ...(testError !== undefined && { testError }),
            seconds,
          });
          current = packed;
          break;
        }
        default:
          event satisfies never;
      }
    }
    const options = { run, dataset, threads };
    current ??= await packModel(model, join(run, 'model.kolmo'));
    const { bytes, test } = yield* packStage(current, options, context);
    return {
      run,
      stages,
      file: join(run, 'model.kolmo'),
      bytes,
      ratio: (4 * (record.parameters ?? 0)) / bytes,
      ...(test?.error !== undefined && { testError: test.error }),
      ...(test && { metrics: test }),
    };
  } finally {
    dataset?.close?.();
  }
}

interface Source {
  run: string;
  record: RunRecord;
  model: Model;
  /** The stages that made the model. */
  chain: StageName[];
}

/** The model that the first pass starts from: that before any of the wanted passes was applied. */
async function openSource(request: CompressRequest, { now }: JobContext): Promise<Source> {
  if (existsSync(join(request.run, 'run.json'))) {
    const { run } = request;
    const before = (await readState(run)).chain;
    const first = before.findIndex(
      (name) => isDerived(name) || request.passes.some((pass) => pass.name === name),
    );
    const chain = first < 0 ? before : before.slice(0, first);
    const last = chain.at(-1);
    if (last === undefined || last === 'collect' || last === 'preprocess') {
      throw new KolmoError(`${run} holds no trained model yet: finish its training first.`);
    }
    const path = join(run, 'stages', `${last}.kolmo`);
    return { run, record: await readRecord(run), model: await readPacked(path), chain };
  }
  if (request.out === undefined) {
    throw new KolmoError(
      `${request.run} is not a run: choose a folder below .kolmo/runs, or a .kolmo file and a folder for the output.`,
    );
  }
  const model = await readPacked(request.run);
  const record: RunRecord = {
    kolmo: versions.kolmo,
    versions,
    createdAt: now(),
    seed: request.seed,
    request,
    compressions: [],
    architecture: model.architecture,
    parameters: model.parameters.reduce((sum, parameter) => sum + parameter.data.length, 0),
  };
  return { run: request.out, record, model, chain: [] };
}

const isDerived = (name: StageName): boolean => name === 'entropyCode' || name === 'program';

async function readPacked(path: string): Promise<Model> {
  if (!existsSync(path)) throw new KolmoError(`${path} is not there: train the run again.`);
  return decode(new Uint8Array(await readFile(path)), path);
}

function refuseRepeats(names: PassName[]): void {
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice === undefined) return;
  throw new KolmoError(`A run keeps one result for each pass: ask for ${twice} once.`);
}
