/** Writes packed models and measures them: sizes from the file, errors from the file decoded and run. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { labelLength } from '../core/compress/analysis/descriptionLength';
import { decode, encodeWithLedger } from '../core/compress/container/container';
import type { Ledger } from '../core/compress/container/ledger';
import { measureLayers, type LayerMeasure } from '../core/compress/analysis/layers';
import { relay } from '../core/relay';
import { evaluating, exportOnnx } from '../core/train/export';
import type { SplitName } from '../core/data/dataset';
import type { Metrics, Model } from '../core/train/model';
import { writeArtifact } from '../runs/artifact';
import type { RunEvent, StageName } from '../runs/events';
import type { JobContext } from './context';
import type { JudgedDataset } from './judge';

export interface Packed {
  /** Length of the file. */
  bytes: number;
  content: Uint8Array;
  ledger: Ledger;
  /** What the file decodes to. */
  model: Model;
  layers: LayerMeasure[];
  /** Where it has been measured already. */
  measured?: Measured;
}

/** Packs a model into a file. */
export function packModel(model: Model, path: string): Promise<Packed> {
  return writePacked(encodeWithLedger(model), path);
}

/** Writes a packed model, reads it back, and says what each layer costs in it. */
export async function writePacked(
  { bytes, ledger }: { bytes: Uint8Array; ledger: Ledger },
  path: string,
): Promise<Packed> {
  const length = await writeArtifact(path, bytes);
  const model = decode(new Uint8Array(await readFile(path)), path);
  return { bytes: length, content: bytes, ledger, model, layers: measureLayers(model, ledger) };
}

/** Empty where nothing can measure the model. */
export interface Measured {
  test?: Metrics;
  validation?: Metrics;
  /** L(labels | model) of the training and validation splits, for classifiers. */
  labelBytes?: number;
}

export interface MeasureOptions {
  /** Whose progress it is. */
  stage: StageName;
  dataset?: JudgedDataset;
  threads: number;
}

/**
 * Measures an ONNX model on the splits that no weight has seen, and what all other labels cost under it, which
 * takes most of the time: whoever stops the job does not wait for it.
 */
export async function* measureOnnx(
  onnx: Uint8Array,
  options: MeasureOptions,
  { stopping }: JobContext,
): AsyncGenerator<RunEvent, Measured> {
  const measured = yield* measureErrors(onnx, options);
  const { validation } = measured;
  const { dataset } = options;
  // An error is measured of classifiers only, and their loss is the labels' code length in nats.
  if (dataset?.task.type !== 'classification' || validation?.error === undefined) return measured;
  const evaluation = measureSplit(onnx, 'training', options);
  for (;;) {
    if (stopping()) {
      await evaluation.return(undefined as never);
      return measured;
    }
    const step = await evaluation.next();
    if (!step.done) {
      yield step.value;
      continue;
    }
    const { splits } = dataset;
    const labelBytes =
      labelLength(step.value.loss, splits.training.count) +
      labelLength(validation.loss, splits.validation.count);
    return { ...measured, labelBytes };
  }
}

/** Measures an ONNX model on the splits that no weight has seen. */
export async function* measureErrors(
  onnx: Uint8Array,
  options: MeasureOptions,
): AsyncGenerator<RunEvent, Pick<Measured, 'test' | 'validation'>> {
  if (!options.dataset || options.dataset.judge === 'missing') return {};
  return {
    test: yield* measureSplit(onnx, 'test', options),
    validation: yield* measureSplit(onnx, 'validation', options),
  };
}

async function* measureSplit(
  onnx: Uint8Array,
  split: SplitName,
  { dataset, stage, threads }: MeasureOptions,
): AsyncGenerator<RunEvent, Metrics> {
  const { judge, ...examples } = dataset!;
  const options = { threads, ...(judge !== 'missing' && { judge }) };
  const note = `Measuring on the ${split} split`;
  return yield* relay(evaluating(onnx, examples, split, options), (far): RunEvent => ({
    type: 'progress',
    stage,
    ...far,
    note,
  }));
}

export interface PackOptions {
  run: string;
  dataset?: JudgedDataset;
  threads: number;
}

/** The last stage of every model: its packed file becomes `model.kolmo`, measured. */
export async function* packStage(
  { content, ledger, model, layers, ...packed }: Packed,
  { run, dataset, threads }: PackOptions,
  context: JobContext,
): AsyncGenerator<RunEvent, { bytes: number; test?: Metrics }> {
  const { now } = context;
  const started = now();
  yield { type: 'stageStarted', stage: 'entropyCode', settings: {} };
  const bytes = await writeArtifact(join(run, 'model.kolmo'), content);
  const measured =
    packed.measured ??
    (yield* measureOnnx(exportOnnx(model), { stage: 'entropyCode', dataset, threads }, context));
  const notes = dataset ? [] : ['There is no dataset, so the error was not measured.'];
  yield {
    type: 'stageFinished',
    stage: 'entropyCode',
    result: {
      bytes,
      artifact: 'model.kolmo',
      seconds: now() - started,
      ...measured,
      layers,
      ledger,
      notes,
    },
  };
  return { bytes, test: measured.test };
}
