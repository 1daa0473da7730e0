/** What a program request does: writes a program that regenerates a file, proves it, and counts its bytes. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { basename, isAbsolute, relative } from 'node:path';
import { KolmoError } from '../core/error';
import { measureBaselines } from '../core/program/baselines';
import { writeInBlocks } from '../core/program/inBlocks';
import { writeProgram, type Program, type ProgramEvent } from '../core/program/program';
import { usualBlock } from '../core/program/sizes';
import { verifyProgram } from '../core/program/verify';
import type { Metrics } from '../core/train/model';
import { prepareOutput, writeArtifact } from '../runs/artifact';
import type { ProgramMeasure, Proof, RunEvent } from '../runs/events';
import { isGenerator, isRun, readRecord } from '../runs/folder';
import { findingText, formatBytes } from '../runs/units';
import { openSource, threadedCoder } from './blocks';
import type { JobContext } from './context';
import { generativeRun } from './generative';
import { patience } from './patience';
import { meanwhile, orRemoved, stoppedProgram } from './programSteps';
import type { ProgramRequest, VerifyRequest } from './protocol';

/** What `kolmo program --json` prints. */
export interface ProgramSummary extends ProgramMeasure {
  program: string;
  /** Of a generator: the quality of what it draws. */
  metrics?: Metrics;
}

/** What `kolmo verify --json` prints. */
export interface VerifySummary {
  program: string;
  file: string;
  verified: boolean;
  bytes: number;
  sha256: string;
}

/** A program that does not print its file back is removed, and the job fails. */
export async function* programRun(
  request: ProgramRequest,
  context: JobContext,
): AsyncGenerator<RunEvent, ProgramSummary> {
  const { file, out, effort, ascii, threads, blockBytes, run } = request;
  const { now } = context;
  if (run !== undefined && isRun(run) && isGenerator(await readRecord(run))) {
    return yield* generativeRun(request, run, context);
  }
  const source = await openSource(file);
  const { length: size } = source;
  await prepareOutput(out, file);
  const started = now();
  yield {
    type: 'stageStarted',
    stage: 'program',
    settings: { file: basename(file), effort, ascii },
  };
  const warning = patience(file, size, threads);
  if (warning) yield { type: 'warning', stage: 'program', message: warning };
  const curve: ProgramMeasure['curve'] = { bytes: [], bitsPerByte: [] };
  const measuring = new AbortController();
  try {
    const others = measureBaselines({ size, open: () => createReadStream(file) }, measuring.signal);
    // A file that cannot be read is complained of by who writes the program.
    others.catch(() => {});
    const writing =
      size > (blockBytes ?? usualBlock)
        ? writeInBlocks(source, threadedCoder(file, threads), {
            effort,
            ascii,
            ...(blockBytes !== undefined && { blockBytes }),
          })
        : writeProgram(await source.read(0, size), { effort, ascii });
    const program = yield* follow(writing, curve, context);
    const encoded = now();
    await writeArtifact(out, program.source);
    const proving = proveNew({ program: out, file }, program.sha256, context);
    const { verified, proof } = yield* orRemoved(out, proving);
    const note = 'Measuring xz and zstd';
    const waiting = meanwhile(others, context, () => ({ done: size, total: size, note }));
    const baselines = { ...program.baselines, ...(yield* orRemoved(out, waiting)) };
    const { bitsPerByte, findings, fields, sha256 } = program;
    const measure: ProgramMeasure = {
      file,
      bytes: program.bytes,
      bitsPerByte,
      baselines,
      findings,
      fields,
      curve,
      sha256,
      verified,
      proof,
      seconds: { encode: encoded - started, decode: proof.seconds },
    };
    const inside = run === undefined ? out : relative(run, out);
    yield {
      type: 'stageFinished',
      stage: 'program',
      result: {
        bytes: program.bytes.total,
        artifact: inside.startsWith('..') || isAbsolute(inside) ? out : inside,
        seconds: now() - started,
        program: measure,
        notes: [
          `Regenerates the ${formatBytes(program.bytes.source)} of ${file}, verified by running it.`,
          ...program.findings.map(findingText),
        ],
      },
    };
    return { program: out, ...measure };
  } finally {
    measuring.abort();
  }
}

/** Runs a program again and compares what it prints with the file as it is now. */
export async function* verifyRun(
  request: VerifyRequest,
  context: JobContext,
): AsyncGenerator<RunEvent, VerifySummary> {
  const { program, file } = request;
  // What is no file is said before Node is asked to run it.
  await openSource(program);
  const { verified, proof } = yield* prove({ program, file }, context);
  yield { type: 'verified', verified, proof };
  return { program, file, verified, bytes: proof.bytes, sha256: proof.printed };
}

/** As `prove`, of what was written for the bytes of this SHA-256: fails if it does not print them. */
async function* proveNew(
  { program, file }: { program: string; file: string },
  written: string,
  context: JobContext,
): AsyncGenerator<RunEvent, { verified: boolean; proof: Proof }> {
  const proved = yield* prove({ program, file }, context);
  const failure = failureOf({ file, proof: proved.proof, written });
  if (failure) throw failure;
  return proved;
}

async function* prove(
  { program, file }: { program: string; file: string },
  context: JobContext,
): AsyncGenerator<RunEvent, { verified: boolean; proof: Proof }> {
  const { length: total } = await openSource(file);
  const stopping = new AbortController();
  const { signal } = stopping;
  let done = 0;
  const run = async (): Promise<{ verified: boolean; proof: Proof }> => {
    const expected = await hashOf(file);
    const started = context.now();
    const onBytes = (printed: number): void => void (done = printed);
    const { verified, ...said } = await verifyProgram(program, expected, { onBytes, signal });
    const { bytes, sha256: printed, command } = said;
    const seconds = context.now() - started;
    return { verified, proof: { command, bytes, printed, expected, seconds } };
  };
  try {
    const note = 'Running the program';
    return yield* meanwhile(run(), context, () => ({ done, total, note }));
  } finally {
    stopping.abort();
  }
}

/** Why a program that was just written is of no use, if it is not. */
function failureOf({
  proof: { printed, expected },
  file,
  written,
}: {
  proof: Proof;
  file: string;
  /** SHA-256 of the bytes that the program was written for. */
  written: string;
}): KolmoError | undefined {
  if (expected !== written) {
    return new KolmoError(
      `${file} was changed while its program was written, so the program prints what it was before and was removed. Write it again when the file is at rest.`,
    );
  }
  if (printed === expected) return undefined;
  return new KolmoError(
    `The program for ${file} did not print its bytes back, so it was removed. This is a defect of Kolmo: please report it with the file's first bytes.`,
  );
}

async function* follow(
  writing: AsyncGenerator<ProgramEvent, Program>,
  curve: ProgramMeasure['curve'],
  { stopping }: JobContext,
): AsyncGenerator<RunEvent, Program> {
  try {
    for (;;) {
      if (stopping()) throw new KolmoError(stoppedProgram);
      const step = await writing.next();
      if (step.done) return step.value;
      const event = step.value;
      switch (event.type) {
        case 'progress':
          yield { ...event, stage: 'program' };
          break;
        case 'curve':
          curve.bytes.push(event.bytes);
          curve.bitsPerByte.push(event.bitsPerByte);
          break;
        case 'finding':
          // The result lists them all, with what each saves.
          break;
        default:
          event satisfies never;
      }
    }
  } finally {
    await writing.return(undefined as never);
  }
}

async function hashOf(file: string): Promise<string> {
  const hash = createHash('sha256');
  try {
    for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer);
  } catch (error) {
    throw new KolmoError(`${file} cannot be read: ${(error as Error).message}.`);
  }
  return hash.digest('hex');
}
