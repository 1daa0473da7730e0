/** The files that a dataset comes from: their bytes, sizes and hashes. */
import { createHash } from 'node:crypto';
import { closeSync, createReadStream, openSync, readSync } from 'node:fs';
import { open, readFile, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { KolmoError } from '../error';
import type { CollectEvent } from './reader';

export interface SourceFile {
  path: string;
  bytes: number;
  sha256: string;
}

/**
 * Hashes a file of any size a piece at a time.
 * @param visit sees the same pieces in order, so that a file that must be looked through is read once
 */
export async function* hashFile(
  path: string,
  visit?: (piece: Uint8Array) => void,
): AsyncGenerator<CollectEvent, SourceFile> {
  const { size } = await stat(path);
  const hash = createHash('sha256');
  const note = `Hashing ${basename(path)}`;
  let done = 0;
  let told = 0;
  for await (const piece of createReadStream(path, { highWaterMark: 1 << 20 })) {
    hash.update(piece as Uint8Array);
    visit?.(piece as Uint8Array);
    done += (piece as Uint8Array).length;
    if (done - told < 64 << 20) continue;
    told = done;
    yield { type: 'progress', done, total: size, note };
  }
  return { path, bytes: done, sha256: hash.digest('hex') };
}

/** The first bytes of a file, at most so many. */
export async function readHead(path: string, length: number): Promise<Uint8Array> {
  const file = await open(path);
  try {
    const head = new Uint8Array(length);
    const { bytesRead } = await file.read(head, 0, length, 0);
    return head.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

/** The bytes of a file, wherever they are. */
export interface Bytes {
  /** All of them, where they are in memory. */
  all?: Uint8Array;
  /** What it gives may be overwritten by the next call. */
  read(offset: number, length: number): Uint8Array;
  close(): void;
}

export const bytesInMemory = (all: Uint8Array): Bytes => ({
  all,
  read: (offset, length) => all.subarray(offset, offset + length),
  close: () => undefined,
});

/** Small files are kept in memory, large ones read where they lie. */
export async function openBytes(path: string, size: number, memoryBytes: number): Promise<Bytes> {
  if (size <= memoryBytes) return bytesInMemory(await readFile(path));
  const descriptor = openSync(path, 'r');
  let piece = new Uint8Array();
  return {
    read(offset, length) {
      if (piece.length < length) piece = new Uint8Array(length);
      const got = readSync(descriptor, piece, 0, length, offset);
      if (got === length) return piece.subarray(0, length);
      throw new KolmoError(
        `${basename(path)} ends at offset ${offset + got}, earlier than when it was opened: it was changed while a model was learning from it.`,
      );
    },
    close: () => closeSync(descriptor),
  };
}
