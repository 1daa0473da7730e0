/** What a program request does: writes a program that regenerates a file, proves it, and counts its bytes. */
import { createReadStream } from 'node:fs';
import { basename, isAbsolute, relative } from 'node:path';
import { KolmoError } from '../core/error';
import { measureBaselines } from '../core/program/baselines';
import { writeProgramOf } from '../core/program/anySize';
import type { BlockCoder } from '../core/program/blocks';
import { createCourse } from '../core/program/course';
import type { Program, ProgramEvent } from '../core/program/contract';
import { usualBlock } from '../core/program/sizes';
import { relay } from '../core/relay';
import { prepareOutput } from '../runs/artifact';
import type { ProgramMeasure, Proof, RunEvent } from '../runs/events';
import { isGenerator, isRun, readRecord } from '../runs/folder';
import { findingText, formatBytes } from '../runs/units';
import { openSource, threadedCoder } from './blocks';
import { unlessStopped, type JobContext } from './context';
import { generativeRun } from './generative';
import { patience, proofShare } from './patience';
import {
  meanwhile,
  onceMoved,
  onceProved,
  stoppedProgram,
  type ProgramSummary,
} from './programSteps';
import type { ProgramRequest } from './protocol';
import { threadedTrials } from './threads';
import { prove } from './verify';

/** A program that does not print its file back is not kept, and the job fails. */
export async function* programRun(
  request: ProgramRequest,
  context: JobContext,
): AsyncGenerator<RunEvent, ProgramSummary> {
  const { file, out, effort, ascii, seed, threads, blockBytes = usualBlock, run } = request;
  const { now } = context;
  if (run !== undefined && isRun(run) && isGenerator(await readRecord(run))) {
    return yield* generativeRun(request, run, context);
  }
  const source = await openSource(file);
  const { length: size } = source;
  await prepareOutput(out, file);
  const started = now();
  const options = { effort, ascii, ...(seed !== undefined && { seed }) };
  const settings = { file: basename(file), ...options };
  yield { type: 'stageStarted', stage: 'program', settings, source: file };
  const warning = patience(file, size, threads);
  if (warning) yield { type: 'warning', stage: 'program', message: warning };
  const curve: ProgramMeasure['curve'] = { bytes: [], bitsPerByte: [] };
  const measuring = new AbortController();
  const trials = threadedTrials(threads);
  try {
    const others = measureBaselines({ size, open: () => createReadStream(file) }, measuring.signal);
    // A file that cannot be read is complained of by who writes the program.
    others.catch(() => {});
    const coderOf = (content?: Uint8Array): BlockCoder => {
      const code = threadedCoder(content ?? file, threads);
      return async function* (tasks) {
        // Blocks need the memory that the trials had.
        await trials.end();
        yield* code(tasks);
      };
    };
    const writing = writeProgramOf(source, coderOf, { ...options, blockBytes, threads, trials });
    const course = createCourse(size);
    const running = size * proofShare(size, threads);
    const program = yield* course.part(size - running, follow(writing, curve, context));
    const encoded = now();
    const { verified, proof, rivals } = yield* onceProved(
      out,
      program.source,
      async function* (draft) {
        const proving = prove(
          { program: draft, file, name: out, stopped: stoppedProgram },
          context,
        );
        const { verified, proof } = yield* course.part(running, proving);
        const failure = failureOf({ file, proof, written: program.sha256 });
        if (failure) throw failure;
        const note = 'Measuring xz and zstd';
        const rivals = yield* meanwhile(others, context, () => ({ done: size, total: size, note }));
        return { verified, rivals, proof: { ...proof, command: onceMoved(proof.command, out) } };
      },
    );
    const baselines = { ...program.baselines, ...rivals };
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
    await trials.end();
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
      `${file} was changed while its program was written, so its program was not kept, which prints what it was before. Write it again when the file is at rest.`,
    );
  }
  if (printed === expected) return undefined;
  return new KolmoError(
    `The program for ${file} did not print its bytes back, so it was not kept. This is a defect of Kolmo: please report it with the file's first bytes.`,
  );
}

/** Tells how far the program is, and keeps the points of its curve. */
function follow(
  writing: AsyncGenerator<ProgramEvent, Program>,
  curve: ProgramMeasure['curve'],
  context: JobContext,
): AsyncGenerator<RunEvent, Program> {
  const told = (event: ProgramEvent): RunEvent | undefined => {
    switch (event.type) {
      case 'progress':
        return { ...event, stage: 'program' };
      case 'curve':
        curve.bytes.push(event.bytes);
        curve.bitsPerByte.push(event.bitsPerByte);
        return undefined;
      case 'finding':
        // The result lists them all, with what each saves.
        return undefined;
      default:
        return event satisfies never;
    }
  };
  return relay(writing, told, unlessStopped(context, stoppedProgram));
}
