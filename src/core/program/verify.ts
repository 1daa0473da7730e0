/** The proof: the program runs in a process that may read no other file and use no network, and what it prints is hashed. */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { KolmoError } from '../error';
import { alarm } from './shell';
import { withoutNetwork } from './withoutNetwork';

export interface Verification {
  verified: boolean;
  /** SHA-256 of what the program printed, in hexadecimal. */
  sha256: string;
  /** Bytes that the program printed. */
  bytes: number;
  /** The command that was run. */
  command: string[];
}

/**
 * Runs the program at `path` (absolute) and compares the SHA-256 of its output, of which no more than a part is held, with
 * `expected`. Throws a KolmoError with the program's own words if it fails.
 */
export async function verifyProgram(
  path: string,
  expected: string,
  {
    onBytes = () => {},
    signal,
  }: { onBytes?: (printed: number) => void; signal?: AbortSignal } = {},
): Promise<Verification> {
  const hash = createHash('sha256');
  let bytes = 0;
  const onOutput = (chunk: Buffer): void => {
    hash.update(chunk);
    bytes += chunk.length;
    onBytes(bytes);
  };
  const command = await runProgram(path, [], onOutput, signal);
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
  onOutput: (chunk: Buffer) => void,
  signal?: AbortSignal,
): Promise<string[]> {
  const [major, minor] = process.versions.node.split('.').map(Number);
  const flag =
    major > 23 || (major === 23 && minor >= 5) ? '--permission' : '--experimental-permission';
  const command = [
    process.execPath,
    '--no-warnings',
    flag,
    `--allow-fs-read=${path}`,
    withoutNetwork,
    path,
    ...words,
  ];
  // Inside VS Code the executable is Electron, which behaves as Node when told to.
  const child = spawn(command[0], command.slice(1), {
    env: { ELECTRON_RUN_AS_NODE: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
    signal,
  });
  try {
    let complaint = '';
    child.stdout.on('data', onOutput);
    child.stderr.on('data', (chunk: Buffer) => {
      complaint = (complaint + chunk.toString()).slice(-4000);
    });
    const code = await new Promise<number | null>((resolve, reject) => {
      child.on('error', reject);
      child.on('close', resolve);
    });
    if (code !== 0 && complaint.split(/\r?\n/).includes(alarm)) {
      throw new KolmoError(
        `${path} was altered after it was written: its own check says so and ends it with exit code ${code}. Write it again.`,
      );
    }
    if (code !== 0) {
      throw new KolmoError(
        `${path} ended with exit code ${code} instead of printing its data, so it was altered or is no program of Kolmo: ${gist(complaint)}.`,
      );
    }
    return command;
  } finally {
    child.kill();
  }
}

/** What went wrong, without the source and the stack that Node prints around it. */
function gist(complaint: string): string {
  const sentence = /^\w*Error\b.*$/m.exec(complaint)?.[0] ?? complaint.trim();
  const code = /^ {2}code: '(\w+)'/m.exec(complaint)?.[1];
  return code && !sentence.includes(code) ? `${sentence} (${code})` : sentence;
}

/** SHA-256 in hexadecimal, the form in which programs and files are compared. */
export const sha256 = (bytes: Uint8Array): string =>
  createHash('sha256').update(bytes).digest('hex');
