/** The proof: the program runs in a process that may read no other file and use no network, and what it prints is hashed. */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { realpath } from 'node:fs/promises';
import { KolmoError } from '../error';
import { alarm } from './generate/shell';
import { withoutNetwork } from './withoutNetwork';

interface Verification {
  verified: boolean;
  /** SHA-256 of what the program printed, in hexadecimal. */
  sha256: string;
  /** Bytes that the program printed. */
  bytes: number;
  /** The command that was run. */
  command: string[];
}

export interface Running {
  /** How sentences call the program. Default: its path. */
  name?: string;
  /** Ends the program. */
  signal?: AbortSignal;
}

/** Takes what a program prints as it comes; the program waits until it has been taken. */
type OnOutput = (chunk: Buffer) => void | Promise<void>;

/**
 * Runs the program at `path` (absolute) and compares the SHA-256 of its output, of which no more than a part is held, with
 * `expected`. Throws a KolmoError with the program's own words if it fails.
 */
export async function verifyProgram(
  path: string,
  expected: string,
  { onOutput, ...running }: { onOutput?: OnOutput } & Running = {},
): Promise<Verification> {
  const hash = createHash('sha256');
  let bytes = 0;
  const take = async (chunk: Buffer): Promise<void> => {
    hash.update(chunk);
    bytes += chunk.length;
    await onOutput?.(chunk);
  };
  const command = await runProgram(path, [], take, running);
  const printed = hash.digest('hex');
  return { verified: printed === expected, sha256: printed, bytes, command };
}

/**
 * Runs the program at `path` with `words` under Node's permission model, which lets it read itself, and neither read or write
 * another file nor start a process or a thread; the network is taken from Node before it begins. Neither is a wall against
 * flaws of Node itself.
 * Gives the command; throws a KolmoError with the program's own words if it fails.
 */
export async function runProgram(
  path: string,
  words: string[],
  onOutput: OnOutput,
  { name = path, signal }: Running = {},
): Promise<string[]> {
  // Node looks for what a link stands for, and may read nothing but what is named here.
  const file = await realpath(path);
  const [major, minor] = process.versions.node.split('.').map(Number);
  const flag =
    major > 23 || (major === 23 && minor >= 5) ? '--permission' : '--experimental-permission';
  const command = [
    process.execPath,
    '--no-warnings',
    flag,
    `--allow-fs-read=${file}`,
    withoutNetwork,
    file,
    ...words,
  ];
  const child = spawn(command[0], command.slice(1), {
    // Inside VS Code the executable is Electron, which behaves as Node when told to.
    env: { ELECTRON_RUN_AS_NODE: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
    // A terminal's Ctrl+C reaches all of its group, but only whoever waits for the program may end it.
    detached: true,
    windowsHide: true,
    signal,
    killSignal: 'SIGKILL',
  });
  try {
    let complaint = '';
    child.stderr.on('data', (chunk: Buffer) => {
      complaint = (complaint + chunk.toString()).slice(-mostComplaint);
    });
    const ended = new Promise<Omit<End, 'complaint'>>((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (code, signal) => resolve({ code, signal }));
    });
    const taken = (async () => {
      for await (const chunk of child.stdout) await onOutput(chunk as Buffer);
    })();
    const [end] = await Promise.all([ended, taken]);
    if (end.code !== 0) throw new KolmoError(failureOf(name, { ...end, complaint }));
    return command;
  } finally {
    child.kill('SIGKILL');
  }
}

/** Characters of a program's complaint that are kept: where memory is short, Node says so before a long stack. */
const mostComplaint = 1 << 14;

interface End {
  code: number | null;
  signal: NodeJS.Signals | null;
  complaint: string;
}

/** Why a program has not printed its data: only where it says so itself, or Node cannot run it, was it altered. */
function failureOf(name: string, { code, signal, complaint }: End): string {
  if (shortOfMemory.test(complaint)) {
    return `${name} ran out of memory before it had printed its data, which says nothing of its bytes: close other programs and run it again.`;
  }
  if (signal) {
    return `${name} was ended by ${signal} before it had printed its data, which says nothing of its bytes: run it again, with more memory free if nobody meant to end it.`;
  }
  if (complaint.split(/\r?\n/).includes(alarm)) {
    return `${name} was altered after it was written: its own check says so and ends it with exit code ${code}. Write it again.`;
  }
  const words = gist(complaint);
  return `${name} ended with exit code ${code} instead of printing its data, so it was altered or is no program of Kolmo${words && `: ${words}`}. Write it again, or name another one.`;
}

/** What V8 says of its heap, and of an array or a WebAssembly memory for which there is no room. */
const shortOfMemory =
  /heap out of memory|Array buffer allocation failed|could not allocate memory/i;

/** What went wrong in one line, without the source and the stack that Node prints around it. */
function gist(complaint: string): string {
  const lines = complaint.split(/\r?\n/).filter((line) => !framing.test(line));
  const sentence = lines.find((line) => thrown.test(line)) ?? lines.at(-1) ?? '';
  const code = /^ {2}code: '(\w+)'/m.exec(complaint)?.[1];
  const whole = code && !sentence.includes(code) ? `${sentence} (${code})` : sentence;
  return whole.slice(0, 300).replace(/[.\s]+$/, '');
}

const thrown = /^\w*(?: \[)?Error\b/;

/** Places in files, sources, stacks and advice. */
const framing = /^(?:node:|file:|\s|\(Use `node|Node\.js v|$)/;

/** SHA-256 in hexadecimal, the form in which programs and files are compared. */
export const sha256 = (bytes: Uint8Array): string =>
  createHash('sha256').update(bytes).digest('hex');
