/** What a verify request does: runs a program and compares what it prints with a file, byte by byte and by their hashes. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readError } from '../core/error';
import { verifyProgram } from '../core/program/verify';
import type { Proof, RunEvent } from '../runs/events';
import { openSource } from './blocks';
import type { JobContext } from './context';
import { meanwhile } from './programSteps';
import type { VerifyRequest } from './protocol';

/** What `kolmo verify --json` prints. */
export interface VerifySummary {
  program: string;
  file: string;
  verified: boolean;
  /** Bytes that the program printed. */
  bytes: number;
  /** SHA-256 of these, in hexadecimal. */
  sha256: string;
  /** The same of the file. */
  expected: { bytes: number; sha256: string };
  /** How many bytes the program printed as the file has them before the first that is another one, or is missing or too many. */
  agreed: number;
}

/** Runs a program again and compares what it prints with the file as it is now. */
export async function* verifyRun(
  request: VerifyRequest,
  context: JobContext,
): AsyncGenerator<RunEvent, VerifySummary> {
  const { program, file } = request;
  // What is no file, or cannot be read, is said before Node is asked to run it.
  await openSource(program);
  const stopped = 'Stopped before all of what the program prints was compared with the file.';
  const { verified, proof, size, agreed } = yield* prove({ program, file, stopped }, context);
  yield { type: 'verified', verified, proof };
  const { bytes, printed: sha256, expected } = proof;
  return {
    program,
    file,
    verified,
    bytes,
    sha256,
    expected: { bytes: size, sha256: expected },
    agreed,
  };
}

interface Proved {
  verified: boolean;
  proof: Proof;
  /** Bytes of the file. */
  size: number;
  /** How many bytes the program printed as the file has them before the first other one. */
  agreed: number;
}

/** Runs a program, which sentences call by its `name`, while it says how far this is; `stopped` is said where it is stopped. */
export async function* prove(
  {
    program,
    file,
    name,
    stopped,
  }: { program: string; file: string; name?: string; stopped: string },
  context: JobContext,
): AsyncGenerator<RunEvent, Proved> {
  const source = await openSource(file);
  const { length: size } = source;
  const stopping = new AbortController();
  const { signal } = stopping;
  let printed = 0;
  let agreed = 0;
  const onOutput = async (chunk: Buffer): Promise<void> => {
    if (agreed === printed && agreed < size) {
      const own = await source.read(agreed, chunk.length);
      const other = own.findIndex((byte, i) => byte !== chunk[i]);
      agreed += other < 0 ? own.length : other;
    }
    printed += chunk.length;
  };
  const run = async (): Promise<Proved> => {
    const expected = await hashOf(file);
    const started = context.now();
    const { verified, bytes, sha256, command } = await verifyProgram(program, expected, {
      onOutput,
      signal,
      ...(name !== undefined && { name }),
    });
    const seconds = context.now() - started;
    const proof = { command, bytes, printed: sha256, expected, seconds };
    return { verified, proof, size, agreed };
  };
  try {
    const note = 'Running the program';
    const progress = () => ({ done: Math.min(printed, size), total: size, note });
    return yield* meanwhile(run(), context, progress, stopped);
  } finally {
    stopping.abort();
  }
}

async function hashOf(file: string): Promise<string> {
  const hash = createHash('sha256');
  try {
    for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer);
  } catch (error) {
    throw readError(error, file);
  }
  return hash.digest('hex');
}
