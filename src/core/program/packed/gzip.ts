/** The deflate streams of a gzip file (RFC 1952), one for each of its members. */
import type { Streams } from './stream';

export function gzipStreams(file: Uint8Array): Streams | undefined {
  const first = streamOf(file, 0);
  if (first === undefined) return undefined;
  return {
    name: 'gzip',
    streams: [[[first, file.length]]],
    // A check and a length come behind each (2.3.1).
    next: (end) => streamOf(file, end + 8),
    window: 1 << 15,
    mayBeFiltered: false,
  };
}

/** Where the stream of the member begins that stands at `start`, if one does. */
function streamOf(file: Uint8Array, start: number): number | undefined {
  if (file[start] !== 0x1f || file[start + 1] !== 0x8b || file[start + 2] !== 8) return undefined;
  const flags = file[start + 3];
  let at = start + 10;
  // An extra field, a name, a comment, and a check of these (2.3).
  if (flags & 4) at += 2 + file[at] + 256 * file[at + 1];
  for (const flag of [8, 16]) if (flags & flag) at = file.indexOf(0, at) + 1;
  if (flags & 2) at += 2;
  // A name that does not end is none.
  return at < start + 10 ? undefined : at;
}
