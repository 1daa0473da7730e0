/** What a program request does: writes a program that regenerates a file, proves it, and counts its bytes. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { isAbsolute, relative } from 'node:path';
import { KolmoError } from '../core/error';
import { writeProgram, type Program, type ProgramEvent } from '../core/program/program';
import { verifyProgram } from '../core/program/verify';
import { writeArtifact } from '../runs/artifact';
import type { ProgramMeasure, RunEvent } from '../runs/events';
import type { JobContext } from './context';
import type { ProgramRequest, VerifyRequest } from './protocol';

/** What `kolmo program --json` prints. */
export interface ProgramSummary extends ProgramMeasure {
  file: string;
  program: string;
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
  const { file, out, effort, ascii, run } = request;
  const { now } = context;
  const bytes = await readFile(file).catch((error: Error) => {
    throw new KolmoError(`${file} cannot be read: ${error.message}.`);
  });
  const started = now();
  yield { type: 'stageStarted', stage: 'program', settings: { effort, ascii } };
  const curve: ProgramMeasure['curve'] = { bytes: [], bitsPerByte: [] };
  const program = yield* follow(writeProgram(bytes, { effort, ascii }), curve, context);
  await writeArtifact(out, program.source);
  const encoded = now();
  yield { type: 'progress', stage: 'program', done: 1, total: 1, note: 'Running the program' };
  const { verified } = await verifyProgram(out, program.sha256);
  const decoded = now();
  if (!verified) {
    await rm(out);
    throw new KolmoError(
      `The program for ${file} did not print its bytes back, so it was removed. This is a defect of Kolmo: please report it with the file's first bytes.`,
    );
  }
  const { bitsPerByte, findings, sha256 } = program;
  const measure: ProgramMeasure = {
    bytes: program.bytes,
    bitsPerByte,
    baselines: Object.fromEntries(
      Object.entries(program.baselines).filter(([, length]) => length !== undefined),
    ),
    findings,
    curve,
    sha256,
    verified,
    seconds: { encode: encoded - started, decode: decoded - encoded },
  };
  const inside = run === undefined ? out : relative(run, out);
  yield {
    type: 'stageFinished',
    stage: 'program',
    result: {
      bytes: program.bytes.total,
      artifact: inside.startsWith('..') || isAbsolute(inside) ? out : inside,
      seconds: decoded - started,
      program: measure,
      notes: [
        `Regenerates the ${program.bytes.source} bytes of ${file}, verified by running it.`,
        ...program.findings.map(({ sentence }) => sentence),
      ],
    },
  };
  return { file, program: out, ...measure };
}

export async function verify({ program, file }: VerifyRequest): Promise<VerifySummary> {
  const expected = await hashOf(file);
  const { verified, bytes, sha256 } = await verifyProgram(program, expected);
  return { program, file, verified, bytes, sha256 };
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
