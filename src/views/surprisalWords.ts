/** What of a shaded document is looked at: never more than a screen holds, however long its lines are. */
import { sumOf } from '../core/program/costs/ranges';
import {
  columnsIn,
  piecesOf,
  wordsOf,
  type Piece,
  type WordCost,
} from '../core/program/costs/lines';
import type { SurprisalMeasure } from '../jobs/surprisal';

/** Columns of a row, the end excluded. */
export interface Stretch {
  row: number;
  start: number;
  end: number;
}

export interface Line {
  /** Bytes of the file, the end excluded. */
  from: number;
  to: number;
  bits: number;
}

export interface SurprisalWords {
  line(row: number): Line;
  /** The words that reach into a stretch. */
  within(stretch: Stretch): WordCost[];
  /** Row and column of a byte. */
  placeOf(byte: number): Place;
}

/** A place of a document, as VS Code counts it. */
export interface Place {
  line: number;
  character: number;
}

/** Bytes of a line that are split into words at a time. */
const longestPiece = 4096;

/** Words that are kept for the next look: several screens full. */
const keptWords = 100_000;

/** Words of a measured file, row by row: each line is read once, and split where it is looked at. */
export function createSurprisalWords(measure: SurprisalMeasure): SurprisalWords {
  const { data, costs, partition } = measure;
  const { starts, encoding } = partition;
  const lines = new Map<number, Line & { pieces: Piece[] }>();
  const known = new Map<Piece, WordCost[]>();
  let kept = 0;

  function read(row: number): Line & { pieces: Piece[] } {
    const from = starts[row];
    const to = starts[row + 1] ?? data.length;
    const pieces = piecesOf(data, { from, to }, { encoding, longest: longestPiece });
    return { from, to, bits: sumOf(costs, from, to), pieces };
  }

  function line(row: number): Line & { pieces: Piece[] } {
    const found = lines.get(row) ?? read(row);
    lines.set(row, found);
    return found;
  }

  function split(piece: Piece): WordCost[] {
    const found = known.get(piece);
    if (found) return found;
    const words = wordsOf(data, measure, piece);
    known.set(piece, words);
    kept += words.length;
    for (const [oldest, { length }] of known) {
      if (kept <= keptWords || oldest === piece) break;
      known.delete(oldest);
      kept -= length;
    }
    return words;
  }

  function placeOf(byte: number): Place {
    const row = lastBefore(starts, byte);
    const { pieces } = line(row);
    const piece = pieces.findLast(({ from }) => from <= byte);
    if (!piece) return { line: row, character: 0 };
    const end = Math.min(byte, piece.to);
    return {
      line: row,
      character: piece.column + columnsIn(data, piece.from, end, piece.encoding),
    };
  }

  return {
    line,
    placeOf,
    within: ({ row, start, end }) =>
      line(row)
        .pieces.filter(({ column, columns }) => column < end && start < column + columns)
        .flatMap(split)
        .filter((word) => word.start < end && start < word.end),
  };
}

/** Number of the last range that begins at or before a byte. */
function lastBefore(starts: Uint32Array, byte: number): number {
  let [first, behind] = [0, starts.length];
  while (behind - first > 1) {
    const middle = (first + behind) >> 1;
    if (starts[middle] <= byte) first = middle;
    else behind = middle;
  }
  return first;
}

/** Rows above and below the visible ones that are shaded too, so that scrolling shows no bare lines. */
const marginRows = 60;

/** Columns before and behind the visible ones of a wrapped line that are shaded too. */
const marginColumns = 1000;

/** An editor draws so much of a line that it does not wrap, and a screen holds hardly more of one that it does. */
const mostColumns = 10_000;

/** Columns that are shaded in all; more would cost more time to send than to scroll. */
const mostInAll = 30_000;

/**
 * What to shade of a document: what is visible, then its margin, as far as there is room.
 * @param visible what is on the screen, from top to bottom; of lines that are not wrapped, all columns
 * @param rows number of rows that there are
 * @param lengthOf columns of a row
 */
export function shadedStretches(
  visible: readonly { start: Place; end: Place }[],
  rows: number,
  lengthOf: (row: number) => number,
): Stretch[] {
  const seen = visible.flatMap(({ start, end }) =>
    rowsFrom(start.line, Math.min(end.line, rows - 1)).map((row): Stretch => {
      const first = row === start.line ? Math.max(0, start.character - marginColumns) : 0;
      const length = lengthOf(row);
      const last = row === end.line ? Math.min(length, end.character + marginColumns) : length;
      return { row, start: first, end: Math.min(last, first + mostColumns) };
    }),
  );
  const total = columnsOf(seen);
  if (total > mostInAll) {
    const share = Math.floor(mostInAll / seen.length);
    return seen.map((each) => ({ ...each, end: Math.min(each.end, each.start + share) }));
  }
  const taken = new Set(seen.map(({ row }) => row));
  const around = visible
    .flatMap(({ start, end }) =>
      rowsFrom(1, marginRows).flatMap((distance) => [end.line + distance, start.line - distance]),
    )
    .filter((row) => row >= 0 && row < rows && !taken.has(row));
  let room = mostInAll - total;
  const margin = [...new Set(around)].flatMap((row): Stretch[] => {
    const end = lengthOf(row);
    room -= end;
    return room < 0 ? [] : [{ row, start: 0, end }];
  });
  return [...seen, ...margin];
}

const rowsFrom = (first: number, last: number): number[] =>
  Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => first + i);

const columnsOf = (stretches: Stretch[]): number =>
  stretches.reduce((sum, { start, end }) => sum + end - start, 0);
