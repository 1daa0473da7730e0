/** Writes packed models and measures them: sizes from the file, errors from the file decoded and run. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { labelLength } from '../core/compress/analysis/descriptionLength';
import { decode, encodeWithLedger } from '../core/compress/container/container';
import type { Ledger } from '../core/compress/container/ledger';
import { measureLayers, type LayerMeasure } from '../core/report/ledger';
import { evaluateOnnx, exportOnnx } from '../core/train/export';
import type { Metrics, Model } from '../core/train/model';
import { writeArtifact } from '../runs/artifact';
import type { RunEvent } from '../runs/events';
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

/** Measures an ONNX file on the splits that no weight has seen, and what all other labels cost under it. */
export async function measureOnnx(
  path: string,
  dataset: JudgedDataset,
  threads: number,
): Promise<Measured> {
  return measureBytes(new Uint8Array(await readFile(path)), dataset, threads);
}

/** Measures a model through the ONNX file that it would be exported to. */
export async function measureModel(
  model: Model,
  dataset: JudgedDataset | undefined,
  threads: number,
): Promise<Measured> {
  return dataset ? measureBytes(exportOnnx(model), dataset, threads) : {};
}

/** Measures an ONNX model on the splits that no weight has seen. */
export async function measureErrors(
  onnx: Uint8Array,
  { judge, ...dataset }: JudgedDataset,
  threads: number,
): Promise<Pick<Measured, 'test' | 'validation'>> {
  if (judge === 'missing') return {};
  return {
    test: await evaluateOnnx(onnx, dataset, 'test', { threads, judge }),
    validation: await evaluateOnnx(onnx, dataset, 'validation', { threads, judge }),
  };
}

async function measureBytes(
  onnx: Uint8Array,
  dataset: JudgedDataset,
  threads: number,
): Promise<Measured> {
  const { test, validation } = await measureErrors(onnx, dataset, threads);
  if (!validation) return {};
  // An error is measured of classifiers only, and their loss is the labels' code length in nats.
  if (dataset.task.type !== 'classification' || validation.error === undefined) {
    return { test, validation };
  }
  const training = await evaluateOnnx(onnx, dataset, 'training', { threads });
  const { splits } = dataset;
  const labelBytes =
    labelLength(training.loss, splits.training.count) +
    labelLength(validation.loss, splits.validation.count);
  return { test, validation, labelBytes };
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
  { now }: JobContext,
): AsyncGenerator<RunEvent, { bytes: number; test?: Metrics }> {
  const started = now();
  yield { type: 'stageStarted', stage: 'entropyCode', settings: {} };
  const bytes = await writeArtifact(join(run, 'model.kolmo'), content);
  const measured = packed.measured ?? (await measureModel(model, dataset, threads));
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
