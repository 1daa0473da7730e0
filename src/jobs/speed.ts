/** What a stage gains where its model runs: ONNX files timed against each other, and the one of 8-bit integers written. */
import { existsSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import type { PassOptions } from '../core/compress/pass';
import type { Dataset } from '../core/data/dataset';
import { openModel, type OpenModel } from '../core/engine/session';
import { KolmoError } from '../core/error';
import { sizeOf } from '../core/shape';
import { exportOnnx } from '../core/train/export';
import { exportInt8 } from '../core/train/exportInt8';
import type { Model } from '../core/train/model';
import { writeArtifact } from '../runs/artifact';
import type { Latency, RunEvent, StageName, StageResult } from '../runs/events';
import { isGenerator } from '../runs/folder';
import { formatBytes, formatMoment, formatPercent, formatRatio } from '../runs/units';
import { measureErrors } from './pack';

/** A file whose bytes are at hand. */
export interface OnnxFile {
  name: string;
  onnx: Uint8Array;
}

/** The float32 model that a run's stages are held against: the one that was trained, or that was given. */
export async function denseFile(run: string, model: Model): Promise<OnnxFile> {
  const path = join(run, 'model.onnx');
  const onnx = existsSync(path) ? new Uint8Array(await readFile(path)) : exportOnnx(model);
  return { name: 'model.onnx', onnx };
}

export interface SpeedOptions {
  run: string;
  stage: StageName;
  settings: PassOptions;
  dense: OnnxFile;
  dataset?: Dataset;
  threads: number;
}

/** Times the model of a stage; quantization to 8 bits also leaves `model.int8.onnx`, measured from the file. */
export async function* measureSpeed(
  model: Model,
  { run, stage, settings, dense, dataset, threads }: SpeedOptions,
): AsyncGenerator<RunEvent, Pick<StageResult, 'latencies' | 'int8' | 'notes'>> {
  const files = [dense, { name: `${stage}, float32`, onnx: exportOnnx(model) }];
  if (stage !== 'quantize') return { latencies: await measureLatencies(files), notes: [] };
  const artifact = 'model.int8.onnx';
  const path = join(run, artifact);
  const onnx = settings.bits === 8 ? await int8File(model, dataset) : undefined;
  if (!(onnx instanceof Uint8Array)) {
    // An older file would be of another model.
    await rm(path, { force: true });
    return { latencies: await measureLatencies(files), notes: onnx === undefined ? [] : [onnx] };
  }
  const bytes = await writeArtifact(path, onnx);
  const written = new Uint8Array(await readFile(path));
  const measured = yield* measureErrors(written, { stage, dataset, threads });
  const latencies = await measureLatencies([...files, { name: artifact, onnx }]);
  const error = measured.test?.error;
  const quality = error === undefined ? '' : `, test error ${formatPercent(error)}`;
  return {
    latencies,
    int8: { artifact, bytes, ...measured },
    notes: [`${artifact} has ${formatBytes(bytes)}${quality}; ${gainText(latencies)}.`],
  };
}

/** The file, or the sentence that says why there is none. */
async function int8File(model: Model, dataset: Dataset | undefined): Promise<Uint8Array | string> {
  if (isGenerator(model)) {
    return 'No model.int8.onnx was written: the ranges of activations are read from training data, and a generator reads noise.';
  }
  if (!dataset) {
    return 'No model.int8.onnx was written: the ranges of activations are read from training data, and there is no dataset.';
  }
  try {
    return await exportInt8(model, dataset);
  } catch (error) {
    if (error instanceof KolmoError) return `No model.int8.onnx was written: ${error.message}`;
    throw error;
  }
}

function gainText(latencies: Latency[]): string {
  const [before, after] = [latencies[0], latencies[latencies.length - 1]];
  const gain = (from: number, to: number): string => {
    const word = to < from ? 'faster' : 'slower, not faster';
    const ratio = to < from ? from / to : to / from;
    return `${formatRatio(ratio)} ${word} (${formatMoment(to)} after ${formatMoment(from)})`;
  };
  return `ONNX Runtime is ${gain(before.single, after.single)} with one example and ${gain(before.batch, after.batch)} with ${largeBatch}`;
}

const largeBatch = 128;
const rounds = 15;
/** A file runs at least this long in each round, so that the clock's steps do not matter. */
const roundSeconds = 0.004;

/**
 * Median seconds of a call with one example and with 128, on one thread, what the call itself costs included.
 * The files take turns, so that whatever else the machine does slows all of them alike.
 */
export async function measureLatencies(files: OnnxFile[]): Promise<Latency[]> {
  const models: OpenModel[] = [];
  try {
    for (const { onnx } of files) models.push(await openModel(onnx, { threads: 1 }));
    const single = await medians(models, 1);
    const batch = await medians(models, largeBatch);
    return files.map(({ name }, i) => ({ file: name, single: single[i], batch: batch[i] }));
  } finally {
    for (const model of models) await model.dispose();
  }
}

async function medians(models: OpenModel[], batch: number): Promise<number[]> {
  const calls = models.map(({ inputShape, run }) => {
    const shape = [batch, ...inputShape];
    // No kernel is faster for one value than for another, and a symbol must be one.
    const input = new Float32Array(sizeOf(shape)).fill(0.5);
    return () => run(input, shape);
  });
  const times: number[][] = models.map(() => []);
  // The first round warms caches up and is not counted.
  for (let round = 0; round <= rounds; round++) {
    for (let i = 0; i < calls.length; i++) {
      const began = performance.now();
      let last = began;
      while (last - began < 1000 * roundSeconds) {
        await calls[i]();
        const now = performance.now();
        if (round > 0) times[i].push((now - last) / 1000);
        last = now;
      }
    }
  }
  return times.map((all) => all.sort((a, b) => a - b)[all.length >> 1]);
}
