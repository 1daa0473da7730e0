/** What a program request does for a run that trained a generator: a program that draws samples, proved and judged by what it draws. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, join, relative } from 'node:path';
import { decode } from '../core/compress/container/container';
import { KolmoError } from '../core/error';
import { writeGenerative, type GenerativeProgram } from '../core/program/generate/generative';
import { runProgram, sha256 } from '../core/program/verify';
import { relay } from '../core/relay';
import { sizeOf } from '../core/shape';
import { measureSamples } from '../core/train/quality';
import type { Metrics, Model } from '../core/train/model';
import { prepareOutput, writeArtifact } from '../runs/artifact';
import { quote } from '../report/shell';
import { samplesPicture, type ProgramMeasure, type RunEvent } from '../runs/events';
import { bytesOnDisk, readRecord } from '../runs/folder';
import { formatCount } from '../core/count';
import { collectAgain } from './collect';
import { unlessStopped, type JobContext } from './context';
import { withJudge, type JudgedDataset } from './judge';
import {
  meanwhile,
  onceMoved,
  onceProved,
  stoppedProgram,
  type ProgramSummary,
} from './programSteps';
import type { ProgramRequest } from './protocol';

/** Samples that the quality is measured on. */
const judgedSamples = 10_000;

/** Writes the program beside the IDX file of samples that it printed, and a picture of these samples. */
export async function* generativeRun(
  { out, ascii }: ProgramRequest,
  run: string,
  context: JobContext,
): AsyncGenerator<RunEvent, ProgramSummary> {
  const { now } = context;
  const packed = join(run, 'model.kolmo');
  const model = await readModel(packed);
  await prepareOutput(out, packed);
  const started = now();
  yield { type: 'stageStarted', stage: 'program', settings: { ascii, seed: 1 } };
  const program = yield* relay(
    writeGenerative(model, { ascii }),
    (event) => (event.type === 'progress' ? { ...event, stage: 'program' as const } : undefined),
    unlessStopped(context, stoppedProgram),
  );
  const written = now();
  const proved = yield* onceProved(out, program.source, (draft) =>
    prove({ run, out, draft }, program, context),
  );
  const { samples, test, seconds } = proved;
  // The fourth byte counts the dimensions: those of images in colour are four.
  const idxName = `samples-idx${samples.bytes[3]}-ubyte`;
  const file = join(run, idxName);
  await writeArtifact(file, samples.bytes);
  const count = Buffer.from(samples.bytes).readUInt32BE(4);
  await writeArtifact(join(run, samplesPicture), program.draw([`${count}`, '1', 'png']));
  const { dataset } = await readRecord(run);
  const size = dataset?.files[0]?.bytes ?? samples.bytes.length;
  const printed = sha256(samples.bytes);
  const { bytes } = program;
  const measure: ProgramMeasure = {
    file,
    samples: count,
    bytes: {
      source: size,
      runtime: bytes.runtime,
      model: bytes.model,
      residual: 0,
      total: bytes.total,
    },
    bitsPerByte: (8 * bytes.total) / Math.max(1, size),
    baselines: { 'model.kolmo': await bytesOnDisk(packed), 'the dataset': size },
    findings: [],
    fields: [],
    curve: { bytes: [], bitsPerByte: [] },
    sha256: printed,
    verified: true,
    proof: {
      command: onceMoved(samples.command, out),
      bytes: samples.bytes.length,
      printed,
      expected: printed,
      seconds,
    },
    seconds: { encode: written - started, decode: seconds },
  };
  const name = quote(basename(out));
  yield {
    type: 'stageFinished',
    stage: 'program',
    result: {
      bytes: bytes.total,
      artifact: relative(run, out),
      seconds: now() - started,
      ...(test && { test }),
      program: measure,
      notes: [
        `Draws samples from a seed: \`node ${name} 100 1 > ${idxName}\`, or \`node ${name} 100 1 png > samples.png\`.`,
        `Its ${formatCount(bytes.total)} bytes stand beside the ${formatCount(size)} of the dataset; it draws what the dataset is like, not the dataset.`,
      ],
    },
  };
  return { program: out, ...measure, ...(test && { metrics: test }) };
}

interface Proved {
  samples: { bytes: Uint8Array; command: string[] };
  /** The quality of what the program draws, where it can be judged. */
  test?: Metrics;
  /** That the program took to draw the samples. */
  seconds: number;
}

/** Has the program draw as a draft, whose samples have to be those that its source draws here, and has them judged. */
async function* prove(
  { run, out, draft }: { run: string; out: string; draft: string },
  { draw }: GenerativeProgram,
  context: JobContext,
): AsyncGenerator<RunEvent, Proved> {
  const { now } = context;
  const started = now();
  const program = { path: draft, name: out };
  const samples = yield* output(program, [], 'Drawing samples', context);
  if (sha256(samples.bytes) !== sha256(draw([]))) {
    throw new KolmoError(
      `The program ${out} did not draw the samples that its source draws here, so it was not kept. This is a defect of Kolmo: please report it with the file model.kolmo of the run.`,
    );
  }
  const seconds = now() - started;

  const record = await readRecord(run);
  const dataset = yield* collectAgain(run, record, context);
  try {
    if (!dataset) return { samples, seconds };
    const where = { run, stage: 'program' as const, threads: 1 };
    const judged = yield* withJudge(dataset, record.architecture, where, context);
    const test = yield* measurePrinted(program, judged, context);
    return { samples, seconds, ...(test && { test }) };
  } finally {
    await dataset?.close?.();
  }
}

/** The packed model, which holds the generator alone. */
async function readModel(path: string): Promise<Model> {
  if (!existsSync(path)) {
    throw new KolmoError(`${path} is not there: finish the training of the run first.`);
  }
  return decode(new Uint8Array(await readFile(path)), path);
}

interface Drawing {
  path: string;
  /** How sentences call it. */
  name: string;
}

/** What the program prints for such words, and the command that was run. */
async function* output(
  { path, name }: Drawing,
  words: string[],
  note: string,
  context: JobContext,
): AsyncGenerator<RunEvent, { bytes: Uint8Array; command: string[] }> {
  const stopping = new AbortController();
  const chunks: Buffer[] = [];
  const running = runProgram(path, words, (chunk) => void chunks.push(chunk), {
    name,
    signal: stopping.signal,
  });
  try {
    const command = yield* meanwhile(running, context, () => ({ done: 0, total: 0, note }));
    return { bytes: new Uint8Array(Buffer.concat(chunks)), command };
  } finally {
    stopping.abort();
  }
}

/** The quality of what the program draws, from the samples that it printed; none where nothing can judge them or nobody waits for it. */
async function* measurePrinted(
  program: Drawing,
  { judge, ...dataset }: JudgedDataset,
  context: JobContext,
): AsyncGenerator<RunEvent, Metrics | undefined> {
  if (!judge || judge === 'missing') return undefined;
  const size = sizeOf(dataset.inputShape);
  const note = `Drawing ${formatCount(judgedSamples)} samples to be judged`;
  const { bytes } = yield* output(program, [`${judgedSamples}`, '1'], note, context);
  const pixels = bytes.subarray(bytes.length - judgedSamples * size);
  let drawn = 0;
  const generator = {
    inputShape: [0],
    run: (_noise: Float32Array, [count]: number[]) => {
      const part = pixels.subarray(drawn * size, (drawn + count) * size);
      drawn += count;
      return Promise.resolve(Float32Array.from(part, (pixel) => pixel / 127.5 - 1));
    },
  };
  yield { type: 'progress', stage: 'program', done: 0, total: 0, note: 'Judging the samples' };
  return measureSamples(generator, dataset, 'test', { judge, samples: judgedSamples, threads: 1 });
}
