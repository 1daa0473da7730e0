/** The files that a dataset comes from: their bytes, sizes and hashes. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
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
