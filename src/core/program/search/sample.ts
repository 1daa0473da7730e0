/** A part of a file that stands for all of it, where models are tried. */
import { joinBytes } from '../../join';

export interface Sample {
  bytes: Uint8Array;
  /** The first byte that counts. */
  from: number;
  /** So many times what is saved of those that count is saved of the file. */
  scale: number;
}

/** Pieces that a sample of records is made of: kinds of them may follow one another, as the columns of an Arrow file do. */
const pieces = 8;

/**
 * At most `most` bytes of the file's beginning, or of records of `stride` bytes from all over it in mixed order. A context may
 * have to see much before it tells anything, so only what comes after half of a part counts; of a whole file everything does.
 */
export function takeSample(file: Uint8Array, most: number, stride?: number): Sample {
  const bytes = partOf(file, most, stride);
  const from = bytes.length < file.length ? bytes.length >> 1 : 0;
  return { bytes, from, scale: file.length / (bytes.length - from) };
}

function partOf(bytes: Uint8Array, most: number, stride?: number): Uint8Array {
  if (bytes.length <= most || stride === undefined) return bytes.subarray(0, most);
  const whole = (length: number): number => Math.floor(length / stride) * stride;
  const length = whole(most / pieces);
  const starts = Array.from({ length: pieces }, (_, k) =>
    whole(((bytes.length - length) * ((k * 5) % pieces)) / (pieces - 1)),
  );
  return joinBytes(starts.map((start) => bytes.subarray(start, start + length)));
}
