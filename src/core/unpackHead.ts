/** The beginning of packed bytes: a few kilobytes may stand for gigabytes, of which no more than is asked for may come out. */
import { constants, createGunzip, createInflateRaw } from 'node:zlib';

const unpackers = { gzip: createGunzip, deflate: createInflateRaw };

/**
 * The first `length` bytes that come out of `packed`, which may end anywhere; all of them where they are fewer.
 * @throws what zlib says where it finds no packed bytes
 */
export async function unpackHead(
  packed: Uint8Array,
  length: number,
  method: keyof typeof unpackers,
): Promise<Uint8Array> {
  const stream = unpackers[method]({ finishFlush: constants.Z_SYNC_FLUSH });
  const chunks: Uint8Array[] = [];
  let unpacked = 0;
  stream.end(packed);
  for await (const chunk of stream as AsyncIterable<Uint8Array>) {
    chunks.push(chunk);
    unpacked += chunk.length;
    if (unpacked >= length) break;
  }
  return Buffer.concat(chunks, Math.min(unpacked, length));
}
