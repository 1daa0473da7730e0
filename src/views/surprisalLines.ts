/** The bits of each byte laid over the lines and words of a text, whatever its line ends and its encoding marks. */

export interface WordCost {
  /** Columns in UTF-16 units, the end excluded. */
  start: number;
  end: number;
  bits: number;
  bytes: number;
}

export interface LineCost {
  bits: number;
  bytes: number;
  words: WordCost[];
}

/** Shades by bits a byte: below the first a word was all but known. */
export const shadeLimits = [0.25, 0.75, 1.5, 3, 5];

/** Shade of a word from 0 (none) to `shadeLimits.length`. */
export function shadeOf({ bits, bytes }: { bits: number; bytes: number }): number {
  const rate = bits / Math.max(1, bytes);
  return shadeLimits.filter((limit) => rate >= limit).length;
}

/**
 * Lines of a UTF-8 file with what each word cost; a line's own end counts to the line, not to a word.
 * @param bytes the file
 * @param costs bits of each byte, of the same length
 */
export function costsByLine(bytes: Uint8Array, costs: ArrayLike<number>): LineCost[] {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  const encoder = new TextEncoder();
  const lines: LineCost[] = [];
  const mark = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
  let from = mark;
  while (from <= bytes.length) {
    const newline = bytes.indexOf(0x0a, from);
    const end = newline < 0 ? bytes.length : newline;
    const next = newline < 0 ? bytes.length : newline + 1;
    const stop = end > from && bytes[end - 1] === 0x0d ? end - 1 : end;
    let at = from;
    const words: WordCost[] = [];
    for (const match of decoder.decode(bytes.subarray(from, stop)).matchAll(wordPattern)) {
      const word = match[0];
      const size = encoder.encode(word).length;
      words.push({
        start: match.index,
        end: match.index + word.length,
        bits: sum(costs, at, at + size),
        bytes: size,
      });
      at += size;
    }
    const start = lines.length === 0 ? 0 : from;
    lines.push({ bits: sum(costs, start, next), bytes: next - start, words });
    if (newline < 0) break;
    from = next;
  }
  return lines;
}

/** Words, numbers, gaps, and every other sign for itself. */
const wordPattern = /[\p{L}_]+|\p{N}+|\s+|[^]/gu;

function sum(costs: ArrayLike<number>, from: number, to: number): number {
  let total = 0;
  for (let i = from; i < to; i++) total += costs[i];
  return total;
}
