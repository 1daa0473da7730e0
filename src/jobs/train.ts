/** What a train request does: collect, preprocess, train, pack; every stage leaves its file. */
import { existsSync } from 'node:fs';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Dataset } from '../core/data/dataset';
import { KolmoError } from '../core/error';
import { chooseArchitecture } from '../core/train/architectures/architectures';
import { decodeCheckpoint } from '../core/train/checkpoint';
import { imageGrid } from '../report/png';
import { uselessText } from '../report/quality';
import { hasNative } from '../core/engine/session';
import { exportOnnx } from '../core/train/export';
import { initialize } from '../core/train/layers/layers';
import { train, type TrainEvent, type TrainResult } from '../core/train/loop';
import type { Architecture, Model } from '../core/train/model';
import { collapseOf } from '../core/train/quality';
import { trainDefaults, type TrainOptions } from '../core/train/options';
import { writeArtifact } from '../runs/artifact';
import type { RunEvent } from '../runs/events';
import { isRun, packedStage, readRecord, writeRecord, type RunRecord } from '../runs/folder';
import { changeOf, collectDataset } from './collect';
import type { JobContext } from './context';
import { withJudge } from './judge';
import { measureOnnx, packModel, packStage, type Measured } from './pack';
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

/** Seconds between two checkpoints on disk: what a kill may cost. */
const checkpointSeconds = 2;

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
    const { choice, reason } = chooseArchitecture(request.architecture, dataset);
    const { seed } = request.training;
    const options: TrainOptions = {
      ...trainDefaults,
      ...choice.training,
      ...defined(request.training),
      seed: seed ?? trainDefaults.seed,
      threads: request.threads,
      ...(engine && { runtime: engine }),
    };
    const architecture = choice.build(dataset);
    const initial = initialize(architecture, options.seed);
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
    if (resume) {
      yield {
        type: 'warning',
        stage: 'train',
        message: 'The training goes on from its last checkpoint.',
      };
    }
    if (options.runtime === 'auto' && !(await hasNative())) {
      const message =
        'ONNX Runtime has no native library for this machine, so its WebAssembly computes, which is several times slower. Where @tensorflow/tfjs-node is installed, the engine tfjs-node is quicker.';
      yield { type: 'warning', stage: 'train', message };
    }
    await mkdir(join(run, 'checkpoint'), { recursive: true });
    const training = train(initial, dataset, { ...options, ...(resume && { resume }) });
    const result = yield* follow(training, run, context);
    const file = join(run, 'model.onnx');
    const onnx = exportOnnx(result.model);
    const bytes = await writeArtifact(file, onnx);
    const { threads } = request;
    const judged = yield* withJudge(
      dataset,
      architecture,
      { run, stage: 'train', threads },
      context,
    );
    const written = new Uint8Array(await readFile(file));
    const measuring = { stage: 'train', dataset: judged, threads } as const;
    const measured = yield* measureOnnx(written, measuring, context);
    const collapsed = measured.test && collapseOf(measured.test, architecture.name);
    if (collapsed) yield { type: 'warning', stage: 'train', message: collapsed };
    const useless = measured.validation && uselessText(measured.validation, options.learningRate);
    if (useless) yield { type: 'warning', stage: 'train', message: useless };
    const packed = await packModel(result.model, join(run, packedStage('train')));
    // What is packed comes back as it was, and need not be measured twice.
    if (Buffer.compare(exportOnnx(packed.model), written) === 0) packed.measured = measured;
    const seconds = context.now() - started;
    yield {
      type: 'stageFinished',
      stage: 'train',
      result: {
        bytes,
        artifact: 'model.onnx',
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
      file,
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

const checkpointOf = (run: string): string => join(run, 'checkpoint', 'training.bin');

/** Passes events on, keeps checkpoints, and asks the loop to end when the job is to stop. */
async function* follow(
  training: AsyncGenerator<TrainEvent, TrainResult, 'stop' | void>,
  run: string,
  { stopping, now, board }: JobContext,
): AsyncGenerator<RunEvent, TrainResult> {
  let kept = -Infinity;
  let start: { examples: number; at: number } | undefined;
  try {
    for (;;) {
      const step = await training.next(stopping() ? 'stop' : undefined);
      if (step.done) return step.value;
      const event = step.value;
      switch (event.type) {
        case 'checkpoint':
          if (now() - kept < checkpointSeconds) break;
          await writeArtifact(checkpointOf(run), event.bytes);
          kept = now();
          break;
        case 'progress': {
          const { examples, ...rest } = event;
          start ??= { examples, at: now() };
          const elapsed = now() - start.at;
          yield {
            ...rest,
            stage: 'train',
            ...(elapsed > 0.2 && {
              examplesPerSecond: Math.round((examples - start.examples) / elapsed),
            }),
          };
          break;
        }
        case 'epoch':
          board?.parameters(event);
          break;
        case 'samples': {
          const { step, epoch, images, shape, columns } = event;
          const picture = imageGrid(images, shape, columns);
          const file = `samples/epoch-${String(epoch).padStart(4, '0')}.png`;
          await writeArtifact(join(run, file), picture.png);
          board?.image(step, 'samples', picture);
          yield { type: 'samples', stage: 'train', step, epoch, file };
          break;
        }
        case 'point':
        case 'warning':
          yield { ...event, stage: 'train' };
          break;
        default:
          event satisfies never;
      }
    }
  } finally {
    await training.return(undefined as never);
  }
}

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
