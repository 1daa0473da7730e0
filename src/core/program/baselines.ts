/** What compressors outside of Node leave of the same bytes, where they are installed, and what no model at all leaves. */
import { spawn } from 'node:child_process';

const commands: Record<'xz' | 'zstd', [command: string, ...flags: string[]]> = {
  xz: ['xz', '-9e', '-c'],
  zstd: ['zstd', '--ultra', '-22', '--long=27', '-q', '-c'],
};

/**
 * Bytes by name; a compressor that is not there is left out. `uniform` is the code that takes every byte value that occurs
 * for equally likely.
 */
export async function measureBaselines(
  bytes: Uint8Array,
  signal: AbortSignal,
): Promise<Record<string, number>> {
  const sizes = await Promise.all(
    Object.entries(commands).map(async ([name, command]) => {
      const size = await compressedSize(command, bytes, signal);
      return size === undefined ? [] : [[name, size] as const];
    }),
  );
  return { uniform: uniformSize(bytes), ...Object.fromEntries(sizes.flat()) };
}

export function uniformSize(bytes: Uint8Array): number {
  const alphabet = new Set<number>();
  for (const byte of bytes) {
    alphabet.add(byte);
    if (alphabet.size === 256) break;
  }
  return Math.ceil((bytes.length * Math.log2(Math.max(1, alphabet.size))) / 8);
}

/** What `xz -9e` leaves of the bytes. */
export const xzSize = (bytes: Uint8Array): Promise<number | undefined> =>
  compressedSize(commands.xz, bytes);

/** Bytes that a command prints for its input; nothing where it is not installed, fails or is not waited for. */
function compressedSize(
  [command, ...flags]: [string, ...string[]],
  bytes: Uint8Array,
  signal?: AbortSignal,
): Promise<number | undefined> {
  return new Promise((resolve) => {
    const child = spawn(command, flags, { stdio: ['pipe', 'pipe', 'ignore'], signal });
    let size = 0;
    child.stdout.on('data', (chunk: Buffer) => (size += chunk.length));
    // A pipe that breaks is told by the exit code.
    child.stdin.on('error', () => {});
    child.on('error', () => resolve(undefined));
    child.on('close', (code) => resolve(code === 0 ? size : undefined));
    child.stdin.end(bytes);
  });
}
