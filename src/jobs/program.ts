/** What a program request does: writes a program that regenerates a file, proves it, and counts its bytes. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, rm, stat } from 'node:fs/promises';
import { isAbsolute, relative } from 'node:path';
import { KolmoError } from '../core/error';
import { measureBaselines } from '../core/program/baselines';
import { writeProgram, type Program, type ProgramEvent } from '../core/program/program';
import { verifyProgram } from '../core/program/verify';
import type { Metrics } from '../core/train/model';
import { prepareFolder, writeArtifact } from '../runs/artifact';
import type { ProgramMeasure, Proof, RunEvent } from '../runs/events';
import { isRun, readRecord } from '../runs/folder';
import { formatSeconds } from '../runs/units';
import type { JobContext } from './context';
import { generativeRun, isGenerator } from './generative';
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

/** More bytes than this do not fit the arrays that the encoder works on. */
const mostBytes = 2 ** 30;

/** From so many bytes on the time that it takes is said before it begins. */
const largeFile = 2 ** 24;

/** Bytes of a long table or text that a second is enough for, the search and the verification included; images take three times as long. */
const bytesPerSecond = 100_000;

/** A program that does not print its file back is removed, and the job fails. */
export async function* programRun(
  request: ProgramRequest,
  context: JobContext,
): AsyncGenerator<RunEvent, ProgramSummary> {
  const { file, out, effort, ascii, run } = request;
  const { now } = context;
  if (run !== undefined && isRun(run) && isGenerator(await readRecord(run))) {
    return yield* generativeRun(request, run, context);
  }
  const bytes = await readWhole(file);
  await prepareFolder(out);
  const started = now();
  yield { type: 'stageStarted', stage: 'program', settings: { effort, ascii } };
  if (bytes.length > largeFile)
    yield { type: 'warning', stage: 'program', message: patience(file, bytes.length) };
  const curve: ProgramMeasure['curve'] = { bytes: [], bitsPerByte: [] };
  const measuring = new AbortController();
  try {
    const others = measureBaselines(bytes, measuring.signal);
    const program = yield* follow(writeProgram(bytes, { effort, ascii }), curve, context);
    yield { type: 'progress', stage: 'program', done: 0, total: 0, note: 'Measuring xz and zstd' };
    const baselines = { ...program.baselines, ...(await others) };
    const encoded = now();
    await writeArtifact(out, program.source);
    yield { type: 'progress', stage: 'program', done: 0, total: 0, note: 'Running the program' };
    const { verified, proof } = await prove({ program: out, file }, context)
      .then((proved) => {
        const failure = failureOf({ file, proof: proved.proof, written: program.sha256 });
        if (failure) throw failure;
        return proved;
      })
      .catch(async (error: unknown) => {
        await rm(out, { force: true });
        throw error;
      });
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
          `Regenerates the ${program.bytes.source} bytes of ${file}, verified by running it.`,
          ...program.findings.map(({ sentence }) => sentence),
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
  yield { type: 'progress', stage: 'program', done: 0, total: 0, note: 'Running the program' };
  const { verified, proof } = await prove({ program, file }, context);
  yield { type: 'verified', verified, proof };
  return { program, file, verified, bytes: proof.bytes, sha256: proof.printed };
}

async function prove(
  { program, file }: { program: string; file: string },
  { now }: JobContext,
): Promise<{ verified: boolean; proof: Proof }> {
  const expected = await hashOf(file);
  const started = now();
  const { verified, bytes, sha256, command } = await verifyProgram(program, expected);
  const seconds = now() - started;
  return { verified, proof: { command, bytes, printed: sha256, expected, seconds } };
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

const patience = (file: string, size: number): string =>
  `${file} has ${size} bytes, which take ${formatSeconds(size / bytesPerSecond)} or so. Stop it at any time; nothing is left behind.`;

async function readWhole(file: string): Promise<Uint8Array> {
  try {
    const { size } = await stat(file);
    if (size > mostBytes) {
      throw new KolmoError(
        `${file} has ${size} bytes, and a program is written for at most ${mostBytes} at once: split it into blocks, each of which takes about ${formatSeconds(mostBytes / bytesPerSecond)}, and write a program for each.`,
      );
    }
    return new Uint8Array(await readFile(file));
  } catch (error) {
    if (error instanceof KolmoError) throw error;
    throw new KolmoError(`${file} cannot be read: ${(error as Error).message}.`);
  }
}

async function* follow(
  writing: AsyncGenerator<ProgramEvent, Program>,
  curve: ProgramMeasure['curve'],
  { stopping }: JobContext,
): AsyncGenerator<RunEvent, Program> {
  try {
    for (;;) {
      if (stopping()) throw new KolmoError('Stopped before the program was written.');
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
