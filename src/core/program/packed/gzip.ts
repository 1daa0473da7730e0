/** The deflate stream of a gzip file (RFC 1952), the first of its members. */
import type { Streams } from './stream';

export function gzipStream(file: Uint8Array): Streams | undefined {
  if (file[0] !== 0x1f || file[1] !== 0x8b || file[2] !== 8) return undefined;
  const flags = file[3];
  let at = 10;
  // An extra field, a name, a comment, and a check of these (2.3).
  if (flags & 4) at += 2 + file[at] + 256 * file[at + 1];
  for (const flag of [8, 16]) if (flags & flag) at = file.indexOf(0, at) + 1;
  if (flags & 2) at += 2;
  // A name that does not end is none.
  if (at < 10) return undefined;
  return { name: 'gzip', streams: [[[at, file.length]]], window: 1 << 15, mayBeFiltered: false };
}
