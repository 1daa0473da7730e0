/** The bits of each byte laid over the words of a line, whatever its line end and its encoding. */
import { isInside, markLength, unitBytes, unitReader, type Encoding } from '../syntax/encoding';
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

interface Costs {
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
  /** Of a line that is not UTF-8 in a text that is otherwise, `bytes`. */
  encoding: Encoding;
}

/**
 * The words of the line in the bytes [`from`, `to`) of a file. Its own end counts to no word, nor does the mark at the
 * beginning of a file.
 */
export function wordCosts(
  bytes: Uint8Array,
  costs: Costs,
  line: Line,
  encoding?: Encoding,
): WordCost[] {
  return piecesOf(bytes, line, { encoding }).flatMap((piece) => wordsOf(bytes, costs, piece));
}

/** Bytes of a file, the end excluded. */
interface Line {
  from: number;
  to: number;
}

/** A line in pieces of at most `longest` bytes, each of which ends behind a whole word where one does in time. */
export function piecesOf(
  bytes: Uint8Array,
  { from, to }: Line,
  { encoding = 'utf8', longest = Infinity }: { encoding?: Encoding; longest?: number } = {},
): Piece[] {
  const width = unitBytes(encoding);
  const unitAt = unitReader(bytes, encoding);
  const start = from === 0 ? markLength(bytes, encoding) : from;
  // A text that is cut may end within a unit.
  let end = to - ((to - from) % width);
  if (end > start && unitAt(end - width) === 10) end -= width;
  if (end > start && unitAt(end - width) === 13) end -= width;
  let own = encoding;
  if (encoding === 'utf8') {
    const whole = to === bytes.length ? endOfWhole(bytes, start, end) : end;
    if (readsAsUtf8(bytes.subarray(start, whole))) end = whole;
    else own = 'bytes';
  }
  const pieces: Piece[] = [];
  let column = 0;
  for (let at = start; at < end;) {
    const cut = at + longest < end ? cutBefore(bytes, at, at + longest, own) : end;
    const columns = columnsIn(bytes, at, cut, own);
    pieces.push({ from: at, to: cut, column, columns, encoding: own });
    column += columns;
    at = cut;
  }
  return pieces;
}

/** UTF-16 units of the bytes [`from`, `to`), as an editor counts columns. */
export function columnsIn(bytes: Uint8Array, from: number, to: number, encoding: Encoding): number {
  return encoding === 'utf8' ? utf16Length(bytes, from, to) : (to - from) / unitBytes(encoding);
}

/** The words of a piece of a line, at their columns in the line. */
export function wordsOf(bytes: Uint8Array, { costs, best }: Costs, piece: Piece): WordCost[] {
  const { text, sizeOf } = decode(bytes.subarray(piece.from, piece.to), piece.encoding);
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
function cutBefore(bytes: Uint8Array, from: number, most: number, encoding: Encoding): number {
  const width = unitBytes(encoding);
  const unitAt = unitReader(bytes, encoding);
  const last = most - ((most - from) % width);
  for (let cut = last; cut > (from + most) / 2; cut -= width) {
    if (isSign(unitAt(cut - width))) return cut;
  }
  let cut = last;
  while (cut > last - 3 && isInside(unitAt(cut), encoding)) cut -= width;
  return cut;
}

/** Whether a unit is no part of a word in any encoding. */
const isSign = (unit: number): boolean => unit < 0x80 && !/\w/.test(String.fromCharCode(unit));

/** Where the last character of UTF-8 ends that is not cut: what is measured may be the beginning of a file. */
function endOfWhole(bytes: Uint8Array, from: number, to: number): number {
  let last = to - 1;
  while (last > from && last > to - 4 && isInside(bytes[last], 'utf8')) last--;
  const length = bytes[last] >= 0xf0 ? 4 : bytes[last] >= 0xe0 ? 3 : bytes[last] >= 0xc0 ? 2 : 1;
  return last + length > to ? Math.max(from, last) : to;
}

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
  encoding: Encoding,
): { text: string; sizeOf: (word: string) => number } {
  switch (encoding) {
    case 'utf8':
      return { text: textOf(piece, 'utf-8'), sizeOf: utf8Length };
    case 'utf16le':
    case 'utf16be':
      return {
        text: textOf(piece, encoding === 'utf16le' ? 'utf-16le' : 'utf-16be'),
        sizeOf: (word) => 2 * word.length,
      };
    case 'bytes':
      // An editor shows such a byte as one sign, too.
      return {
        text: Array.from(piece, (byte) => String.fromCharCode(byte)).join(''),
        sizeOf: (word) => word.length,
      };
    default:
      return encoding satisfies never;
  }
}

const textOf = (piece: Uint8Array, label: string): string =>
  new TextDecoder(label, { ignoreBOM: true }).decode(piece);
