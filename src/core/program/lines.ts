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

/** A part of a line that is split into words on its own: all of it, unless it is long. */
export interface Piece {
  /** Bytes of the file, the end excluded. */
  from: number;
  to: number;
  /** Columns before it, in UTF-16 units, and its own. */
  column: number;
  columns: number;
  /** Whether the line is UTF-8; of one that is not, each byte is a character. */
  isUtf8: boolean;
}

/**
 * The words of the line in the bytes [`from`, `to`) of a file. Its own end counts to no word, nor does the mark at the
 * beginning of a UTF-8 file; of a line that is not UTF-8, each byte is a character.
 */
export function wordCosts(
  bytes: Uint8Array,
  costs: Costs,
  line: { from: number; to: number },
): WordCost[] {
  return piecesOf(bytes, line).flatMap((piece) => wordsOf(bytes, costs, piece));
}

/** A line in pieces of at most `longest` bytes, each of which ends behind a whole word where one does in time. */
export function piecesOf(
  bytes: Uint8Array,
  { from, to }: { from: number; to: number },
  longest = Infinity,
): Piece[] {
  let end = to;
  if (end > from && bytes[end - 1] === 10) end--;
  if (end > from && bytes[end - 1] === 13) end--;
  const isMarked = from === 0 && bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
  const isUtf8 = readsAsUtf8(bytes.subarray(isMarked ? 3 : from, end));
  const pieces: Piece[] = [];
  let column = 0;
  for (let at = isMarked ? 3 : from; at < end;) {
    const cut = at + longest < end ? cutBefore(bytes, at, at + longest) : end;
    const columns = isUtf8 ? utf16Length(bytes, at, cut) : cut - at;
    pieces.push({ from: at, to: cut, column, columns, isUtf8 });
    column += columns;
    at = cut;
  }
  return pieces;
}

/** The words of a piece of a line, at their columns in the line. */
export function wordsOf(bytes: Uint8Array, { costs, best }: Costs, piece: Piece): WordCost[] {
  const { text, sizeOf } = decode(bytes.subarray(piece.from, piece.to), piece.isUtf8);
  let at = piece.from;
  return Array.from(text.matchAll(wordPattern), ({ 0: word, index }) => {
    const start = at;
    at += sizeOf(word);
    const context = mostFrequent(best, start, at);
    return {
      start: piece.column + index,
      end: piece.column + index + word.length,
      from: start,
      bytes: at - start,
      bits: sumOf(costs, start, at),
      ...(context !== undefined && { best: context }),
    };
  });
}

/** Words, numbers, gaps, and every other sign for itself. */
const wordPattern = /[\p{L}_]+|\p{N}+|\s+|[^]/gu;

/** The last place up to `most` that parts no word or, where all is one word from halfway on, no character. */
function cutBefore(bytes: Uint8Array, from: number, most: number): number {
  for (let cut = most; cut > (from + most) / 2; cut--) if (isSign(bytes[cut - 1])) return cut;
  let cut = most;
  while (cut > most - 3 && (bytes[cut] & 0xc0) === 0x80) cut--;
  return cut;
}

/** Whether a byte is no part of a word in any encoding. */
const isSign = (byte: number): boolean => byte < 0x80 && !/\w/.test(String.fromCharCode(byte));

function readsAsUtf8(line: Uint8Array): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(line);
    return true;
  } catch (error) {
    if (error instanceof TypeError) return false;
    throw error;
  }
}

/** UTF-16 units of UTF-8 bytes: one a character, and another where it takes four bytes. */
function utf16Length(bytes: Uint8Array, from: number, to: number): number {
  let units = 0;
  for (let i = from; i < to; i++) {
    if ((bytes[i] & 0xc0) !== 0x80) units += bytes[i] >= 0xf0 ? 2 : 1;
  }
  return units;
}

function utf8Length(word: string): number {
  let bytes = 0;
  for (let i = 0; i < word.length; i++) {
    const unit = word.charCodeAt(i);
    // Each half of a pair stands for two of its four bytes.
    bytes += unit < 0x80 ? 1 : unit < 0x800 || (unit & 0xf800) === 0xd800 ? 2 : 3;
  }
  return bytes;
}

function decode(
  piece: Uint8Array,
  isUtf8: boolean,
): { text: string; sizeOf: (word: string) => number } {
  if (isUtf8) {
    const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
    return { text: decoder.decode(piece), sizeOf: utf8Length };
  }
  // An editor shows such a byte as one sign, too.
  const text = Array.from(piece, (byte) => String.fromCharCode(byte)).join('');
  return { text, sizeOf: (word) => word.length };
}
