/** The bits of each byte laid over the words of a line, whatever its line end and its encoding. */
import { mostFrequent, sumOf } from './ranges';

export interface WordCost {
  /** Columns in UTF-16 units, the end excluded. */
  start: number;
  end: number;
  /** Its first byte in the file. */
  from: number;
  bytes: number;
  bits: number;
  /** The context that predicted most of its bytes best, where one did. */
  best?: number;
}

/** Shades by bits a byte: below the first a word was all but known. */
export const shadeLimits = [0.25, 0.75, 1.5, 3, 5];

/** Shade of a word from 0 (none) to `shadeLimits.length`. */
export function shadeOf({ bits, bytes }: { bits: number; bytes: number }): number {
  const rate = bits / Math.max(1, bytes);
  return shadeLimits.filter((limit) => rate >= limit).length;
}

export interface Costs {
  /** Bits of each byte of the file. */
  costs: ArrayLike<number>;
  /** Number of each byte's best context; 255 for none. */
  best: ArrayLike<number>;
}

/**
 * The words of the line in the bytes [`from`, `to`) of a file. Its own end counts to no word, nor does the mark at the
 * beginning of a UTF-8 file; of a line that is not UTF-8, each byte is a character.
 */
export function wordCosts(
  bytes: Uint8Array,
  { costs, best }: Costs,
  { from, to }: { from: number; to: number },
): WordCost[] {
  let end = to;
  if (end > from && bytes[end - 1] === 10) end--;
  if (end > from && bytes[end - 1] === 13) end--;
  const isMarked = from === 0 && bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
  let at = isMarked ? 3 : from;
  const { text, sizeOf } = decode(bytes.subarray(at, Math.max(at, end)));
  return Array.from(text.matchAll(wordPattern), ({ 0: word, index }) => {
    const start = at;
    at += sizeOf(word);
    const context = mostFrequent(best, start, at);
    return {
      start: index,
      end: index + word.length,
      from: start,
      bytes: at - start,
      bits: sumOf(costs, start, at),
      ...(context !== undefined && { best: context }),
    };
  });
}

/** Words, numbers, gaps, and every other sign for itself. */
const wordPattern = /[\p{L}_]+|\p{N}+|\s+|[^]/gu;

function decode(line: Uint8Array): { text: string; sizeOf: (word: string) => number } {
  try {
    const decoder = new TextDecoder('utf-8', { ignoreBOM: true, fatal: true });
    const encoder = new TextEncoder();
    return { text: decoder.decode(line), sizeOf: (word) => encoder.encode(word).length };
  } catch {
    // An editor shows such a byte as one sign, too.
    const text = Array.from(line, (byte) => String.fromCharCode(byte)).join('');
    return { text, sizeOf: (word) => word.length };
  }
}
