/** What compressors leave of the same bytes, those outside of Node where they are installed, and what no model at all leaves. */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { Readable, type Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { constants, createBrotliCompress, createGzip } from 'node:zlib';
import { joinBytes } from '../join';
import type { Source } from './blocks';
import { mostRivalled } from './sizes';

const commands: Record<'xz' | 'zstd', [command: string, ...flags: string[]]> = {
  xz: ['xz', '-9e', '-c'],
  zstd: ['zstd', '--ultra', '-22', '--long=27', '-q', '-c'],
};

/**
 * Bytes by name; a compressor that is not there is left out. `uniform` is the code that takes every byte value that occurs
 * for equally likely.
 */
export async function measureBaselines(
  { size, open }: { size: number; open: () => Readable },
  signal: AbortSignal,
): Promise<Record<string, number>> {
  const rivals = Object.entries(size > mostRivalled ? {} : commands).map(
    async ([name, command]) => {
      const left = await compressedSize(command, open(), signal);
      return left === undefined ? [] : [[name, left] as const];
    },
  );
  const [uniform, ...sizes] = await Promise.all([uniformSize(size, open()), ...rivals]);
  return { uniform, ...Object.fromEntries(sizes.flat()) };
}

async function uniformSize(size: number, bytes: Readable): Promise<number> {
  const alphabet = new Set<number>();
  for await (const chunk of bytes) {
    for (const byte of chunk as Uint8Array) alphabet.add(byte);
    if (alphabet.size === 256) break;
  }
  return Math.ceil((size * Math.log2(Math.max(1, alphabet.size))) / 8);
}

/** What `xz -9e` leaves of the bytes. */
export const xzSize = (bytes: Uint8Array): Promise<number | undefined> =>
  compressedSize(commands.xz, Readable.from([bytes]));

/** Bytes that a command prints for its input; nothing where it is not installed, fails or is not waited for. */
async function compressedSize(
  [command, ...flags]: [string, ...string[]],
  input: Readable,
  signal?: AbortSignal,
): Promise<number | undefined> {
  const child = spawn(command, flags, { stdio: ['pipe', 'pipe', 'ignore'], signal });
  let size = 0;
  child.stdout.on('data', (chunk: Buffer) => (size += chunk.length));
  const code = new Promise((resolve) => {
    child.on('error', resolve);
    child.on('close', resolve);
  });
  const isFed = await pipeline(input, child.stdin).then(
    () => true,
    () => false,
  );
  return (await code) === 0 && isFed ? size : undefined;
}

const brotliParameters = (size: number) => ({
  [constants.BROTLI_PARAM_QUALITY]: 11,
  [constants.BROTLI_PARAM_LGWIN]: 24,
  [constants.BROTLI_PARAM_SIZE_HINT]: Math.min(size, 2 ** 31),
});

/** What brotli makes of the bytes, on another thread; what it has by the time of the signal means nothing. */
export async function brotliOf(bytes: Uint8Array, signal: AbortSignal): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  const brotli = sink(createBrotliCompress({ params: brotliParameters(bytes.length) }), (chunk) =>
    chunks.push(chunk),
  );
  let at = 0;
  for (; at + partBytes < bytes.length && !signal.aborted; at += partBytes) {
    await brotli.write(bytes.subarray(at, at + partBytes));
  }
  // It is told that the last part is the last, so that the parts make no difference to what it gives.
  await brotli.end(bytes.subarray(at, at + partBytes));
  return joinBytes(chunks);
}

/** Half a second's work for brotli, for which whoever ends the process has to wait. */
const partBytes = 1 << 18;

export interface Measured {
  /** Bytes by compressor of Node's. */
  gzip: number;
  brotli?: number;
  /** SHA-256 of the file, in hexadecimal. */
  sha256: string;
}

const chunkBytes = 1 << 22;

/** What Node itself makes of a large file, read once from end to end; what it has by the time of the signal means nothing. */
export async function measureInNode(file: Source, signal: AbortSignal): Promise<Measured> {
  const hash = createHash('sha256');
  const gzip = sink(createGzip({ level: 9 }));
  const brotli =
    file.length > mostRivalled
      ? undefined
      : sink(createBrotliCompress({ params: brotliParameters(file.length) }));
  for (let at = 0; at < file.length && !signal.aborted; at += chunkBytes) {
    const chunk = await file.read(at, chunkBytes);
    hash.update(chunk);
    await Promise.all([gzip.write(chunk), brotli?.write(chunk)]);
  }
  const [gzipped, brotlied] = await Promise.all([gzip.end(), brotli?.end()]);
  return {
    gzip: gzipped,
    ...(brotlied !== undefined && { brotli: brotlied }),
    sha256: hash.digest('hex'),
  };
}

/** Counts what comes out of a stream. */
function sink(
  stream: Transform,
  onChunk: (chunk: Buffer) => void = () => {},
): {
  write(chunk: Uint8Array): Promise<void>;
  end(last?: Uint8Array): Promise<number>;
} {
  let size = 0;
  stream.on('data', (chunk: Buffer) => {
    size += chunk.length;
    onChunk(chunk);
  });
  return {
    async write(chunk) {
      if (!stream.write(chunk)) await once(stream, 'drain');
    },
    async end(last) {
      stream.end(last);
      await once(stream, 'end');
      return size;
    },
  };
}
