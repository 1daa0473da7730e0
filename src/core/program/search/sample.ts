/** A part of a file that stands for all of it, where models are tried. */
import { joinBytes } from '../../join';
import { createMemory, measure, type Model } from '../model/evaluate';

export interface Sample {
  bytes: Uint8Array;
  /** Bytes that the model leaves of what counts of it. */
  costOf(model: Model): number;
  /** So many times what is saved of it is saved of the file. */
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
  const memory = createMemory();
  /** Of each model that was asked for: a search asks again for some. */
  const costs = new Map<string, number>();
  return {
    bytes,
    costOf(model) {
      const asked = JSON.stringify(model);
      const cost = costs.get(asked) ?? measure(model, bytes, from, memory);
      costs.set(asked, cost);
      return cost;
    },
    scale: file.length / (bytes.length - from),
  };
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
