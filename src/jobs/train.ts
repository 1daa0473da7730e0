/** What a train request does: collect, preprocess, train, pack; every stage leaves its file. */
import { existsSync } from 'node:fs';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Dataset } from '../core/data/dataset';
import { KolmoError } from '../core/error';
import { chooseArchitecture } from '../core/train/architectures/architectures';
import { decodeCheckpoint } from '../core/train/checkpoint';
import { uselessText } from '../report/quality';
import { whyNotNative } from '../core/engine/session';
import { exportOnnx } from '../core/train/export';
import { initialize } from '../core/train/layers/layers';
import { train, type TrainResult } from '../core/train/loop';
import type { Architecture, Model } from '../core/train/model';
import { collapseOf } from '../core/train/quality';
import { trainDefaults, type TrainOptions } from '../core/train/options';
import { writeArtifact } from '../runs/artifact';
import type { RunEvent } from '../runs/events';
import { isRun, packedStage, readRecord, writeRecord, type RunRecord } from '../runs/folder';
import { changeOf, collectDataset } from './collect';
import type { JobContext } from './context';
import { checkpointOf, followTraining } from './followTraining';
import { withJudge, type JudgedDataset } from './judge';
import { measureOnnx, packModel, packStage, type Measured, type Packed } from './pack';
import type { TrainRequest } from '../runs/runRequests';
import { loadTfjsNode } from './tfjsNode';
import { versions } from './versions';

/** What `kolmo train --json` prints. */
export interface TrainSummary {
  run: string;
  file: string;
  architecture: string;
  parameters: number;
  epochs: number;
  examplesPerSecond: number;
  seconds: number;
  trainLoss: number;
  /** Absent, like the metrics, where nothing can measure the model. */
  testLoss?: number;
  testError?: number;
  metrics: Measured;
  ended: TrainResult['ended'];
}

const onnxFile = 'model.onnx';

export async function* trainRun(
  request: TrainRequest,
  context: JobContext,
): AsyncGenerator<RunEvent, TrainSummary> {
  const { run, engine, modules = [] } = request;
  // What cannot begin yet can be tried again, for which the run knows what was asked.
  if (!isRun(run)) await writeRecord(run, begun(request, context));
  if (engine === 'tfjs-node') loadTfjsNode(modules, request.threads);
  const checkpoint = checkpointOf(run);
  const resume = existsSync(checkpoint) ? new Uint8Array(await readFile(checkpoint)) : undefined;
  const began = context.now();
  const dataset = yield* collectDataset(request, context, {
    quiet: resume !== undefined,
    early: true,
  });
  try {
    const { initial, options, reason } = begin(request, dataset);
    const { architecture } = initial;
    const record = recordOf(request, dataset, initial, options, context);
    if (resume) await checkSameData(run, record);
    await writeRecord(run, record);

    const started = context.now();
    yield {
      type: 'stageStarted',
      stage: 'train',
      settings: settingsOf(architecture.name, options),
      ...(resume && { resumedAt: stepOf(resume, dataset, options) }),
    };
    if (resume) yield warning('The training goes on from its last checkpoint.');
    const missing = options.runtime === 'auto' ? await whyNotNative() : undefined;
    if (missing !== undefined) {
      yield warning(
        `ONNX Runtime has no native library for this machine (${missing}), so its WebAssembly computes, which is several times slower. Where @tensorflow/tfjs-node is installed, the engine tfjs-node is quicker.`,
      );
    }
    await mkdir(join(run, 'checkpoint'), { recursive: true });
    const training = train(initial, dataset, { ...options, ...(resume && { resume }) });
    const result = yield* followTraining(training, run, context);
    const { threads } = request;
    const bytes = await writeArtifact(join(run, onnxFile), exportOnnx(result.model));
    const judged = yield* withJudge(
      dataset,
      architecture,
      { run, stage: 'train', threads },
      context,
    );
    const trained = yield* measureTrained(result.model, options, { run, dataset: judged }, context);
    const { packed, measured } = trained;
    const seconds = context.now() - started;
    yield {
      type: 'stageFinished',
      stage: 'train',
      result: {
        bytes,
        artifact: onnxFile,
        seconds,
        ...measured,
        layers: packed.layers,
        ledger: packed.ledger,
        notes: [...(reason ? [reason] : []), endNote(result, options, architecture)],
      },
    };
    yield* packStage(packed, { run, dataset: judged, threads }, context);
    // Who stopped it, were it while it was measured, may go on from here.
    if (!context.stopping()) await rm(join(run, 'checkpoint'), { recursive: true });
    return {
      run,
      file: join(run, onnxFile),
      architecture: architecture.name,
      parameters: record.parameters!,
      epochs: result.epochs,
      examplesPerSecond: seconds > 0 ? Math.round(result.examples / seconds) : 0,
      seconds: context.now() - began,
      trainLoss: result.trainingLoss,
      ...(measured.test && { testLoss: measured.test.loss }),
      ...(measured.test?.error !== undefined && { testError: measured.test.error }),
      metrics: measured,
      ended: result.ended,
    };
  } finally {
    await dataset.close?.();
  }
}

/** Measures the ONNX file of a run, says what is wrong with its model, and packs it. */
async function* measureTrained(
  model: Model,
  { threads, learningRate }: TrainOptions,
  { run, dataset }: { run: string; dataset: JudgedDataset },
  context: JobContext,
): AsyncGenerator<RunEvent, { packed: Packed; measured: Measured }> {
  const written = new Uint8Array(await readFile(join(run, onnxFile)));
  const measured = yield* measureOnnx(written, { stage: 'train', dataset, threads }, context);
  const { test, validation } = measured;
  const collapsed = test && collapseOf(test, model.architecture.name);
  if (collapsed) yield warning(collapsed);
  const useless = validation && uselessText(validation, learningRate);
  if (useless) yield warning(useless);
  const packed = await packModel(model, join(run, packedStage('train')));
  // What is packed comes back as it was, and need not be measured twice.
  if (Buffer.compare(exportOnnx(packed.model), written) === 0) packed.measured = measured;
  return { packed, measured };
}

/** The model before its first step, and every setting, as the request and the data decide them. */
function begin(
  { architecture, training, threads, engine }: TrainRequest,
  dataset: Dataset,
): { initial: Model; options: TrainOptions; reason?: string } {
  const { choice, reason } = chooseArchitecture(architecture, dataset);
  const options: TrainOptions = {
    ...trainDefaults,
    ...choice.training,
    ...defined(training),
    seed: training.seed ?? trainDefaults.seed,
    threads,
    ...(engine && { runtime: engine }),
  };
  return { initial: initialize(choice.build(dataset), options.seed), options, reason };
}

const warning = (message: string): RunEvent => ({ type: 'warning', stage: 'train', message });

/** The record of a run whose data are not collected yet. */
const begun = (request: TrainRequest, { now }: JobContext): RunRecord => ({
  kolmo: versions.kolmo,
  versions,
  createdAt: now(),
  seed: request.training.seed ?? trainDefaults.seed,
  request,
  compressions: [],
});

function recordOf(
  request: TrainRequest,
  dataset: Dataset,
  model: Model,
  training: TrainOptions,
  context: JobContext,
): RunRecord {
  const { name, files, preprocessing, notes } = dataset;
  return {
    ...begun(request, context),
    training,
    dataset: { name, files, preprocessing, notes },
    architecture: model.architecture,
    parameters: model.parameters.reduce((sum, parameter) => sum + parameter.data.length, 0),
  };
}

async function checkSameData(run: string, { dataset }: RunRecord): Promise<void> {
  const before = (await readRecord(run)).dataset;
  const change = dataset && changeOf(before?.files, dataset.files);
  if (change === undefined) return;
  throw new KolmoError(
    `${change} since this run began, so its checkpoint cannot be gone on from: train again in a new run.`,
  );
}

/** Steps that a checkpoint has behind it. */
function stepOf(bytes: Uint8Array, dataset: Dataset, { batchSize }: TrainOptions): number {
  const { epoch, batch } = decodeCheckpoint(bytes);
  const { count } = dataset.splits.training;
  return epoch * Math.ceil(count / Math.min(batchSize, count)) + batch;
}

function endNote(
  { epochs, bestEpoch, ended }: TrainResult,
  { patience }: TrainOptions,
  { adversary }: Architecture,
): string {
  const kept = adversary
    ? 'The last weights are kept: no loss of a GAN says which are the best.'
    : `The weights of epoch ${bestEpoch} are kept, which did best on the validation split.`;
  switch (ended) {
    case 'finished':
      return kept;
    case 'early':
      return `Ended after epoch ${epochs}, since ${patience} epochs had brought nothing better. ${kept}`;
    case 'stopped':
      return `Stopped on request after ${epochs} whole epochs. ${kept}`;
    case 'diverged':
      return `Ended after ${epochs} epochs, since the loss was no longer a number. ${kept}`;
    default:
      return ended satisfies never;
  }
}

function settingsOf(architecture: string, options: TrainOptions): Record<string, number | string> {
  const { epochs, batchSize, optimizer, learningRate, schedule, patience, seed, runtime } = options;
  return {
    architecture,
    epochs,
    batchSize,
    optimizer,
    learningRate,
    schedule: schedule.type,
    patience,
    seed,
    ...(runtime !== 'auto' && { engine: runtime }),
  };
}

/** Only what the user has set: an undefined setting must not hide a default. */
function defined<T extends object>(settings: T): Partial<T> {
  return Object.fromEntries(
    Object.entries(settings).filter(([, value]) => value !== undefined),
  ) as Partial<T>;
}
