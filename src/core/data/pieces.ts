/**
 * A table of lines that does not fit in memory, read in pieces drawn from all over it: what the first pieces hold
 * stands for the whole, however the file is sorted, so that training can begin on them while the others come.
 */
import { closeSync, openSync, readSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import { KolmoError } from '../error';
import { createRandom, shuffled } from '../random';
import type { DatasetOptions } from './dataset';
import { query, quoteName } from './duckdb';
import { expression, learnFirstNames, learnNames } from './names';
import { createPlacedRows, refuseCache, type Rows } from './rows';
import { readBlocks, type KnownTable } from './tableRows';

/** A piece has so many lines, or fewer where they hold many values: a group of pieces is held in memory. */
const mostLines = 4096;
const valuesPerPiece = 1 << 17;

/** Pieces that are read at once, from one file of their own. The first group teaches the preprocessing. */
const piecesPerGroup = 32;

/** Where the pieces of a file begin. */
export interface LineIndex {
  linesPerPiece: number;
  /** Sees the file from its start, a piece of bytes at a time. */
  visit(bytes: Uint8Array): void;
  /** Lines below the header so far; one more where the last has no line feed. */
  lines(): number;
  /** Offset of the first line of each piece, and of the end. */
  starts(): number[];
}

/** @param columns values in a line */
export function indexLines({ header, columns }: { header: boolean; columns: number }): LineIndex {
  const linesPerPiece = Math.min(mostLines, Math.ceil(valuesPerPiece / columns));
  const starts = header ? [] : [0];
  let feeds = header ? -1 : 0;
  let offset = 0;
  let ended = true;
  const lines = (): number => feeds + (ended ? 0 : 1);
  return {
    linesPerPiece,
    visit(bytes) {
      const { buffer, byteOffset, length } = bytes;
      const text = Buffer.from(buffer, byteOffset, length);
      for (let at = text.indexOf(10); at >= 0; at = text.indexOf(10, at + 1)) {
        if (++feeds % linesPerPiece === 0) starts.push(offset + at + 1);
      }
      offset += length;
      ended = text[length - 1] === 10;
    },
    lines,
    starts: () => [...starts.slice(0, Math.ceil(lines() / linesPerPiece)), offset],
  };
}

export interface Pieces {
  rows: Rows;
  linesPerPiece: number;
  /** Pieces of each group, in ascending order: piece p is the rows from p * linesPerPiece on. */
  groups: Int32Array[];
  /** Waits for the first so many groups, and goes on to read one more. */
  arrived(groups: number): Promise<void>;
  /** Ends the reading; the rows are the caller's to close. */
  close(): Promise<void>;
}

/**
 * Reads the first group of pieces, and learns the names of all columns from it, those of the classes from all rows.
 * @returns undefined where the table fits in memory, or where its rows are not its lines, one each, with a target of
 * not too many classes: then it is to be read from its start
 */
export async function openPieces(
  connection: DuckDBConnection,
  table: KnownTable,
  index: LineIndex,
  { cacheFolder: folder, memoryBytes, seed }: DatasetOptions,
): Promise<Pieces | undefined> {
  const { path, source, columns } = table;
  const { linesPerPiece } = index;
  const count = index.lines();
  const width = columns.length;
  if (!source.lines || !folder || count * width * 8 <= memoryBytes) return undefined;
  if ((await countRows(connection, table)) !== count) return undefined;
  if (columns[width - 1].unusable !== undefined) return undefined;

  const starts = index.starts();
  // Another sequence than the split's.
  const pieces = shuffled(starts.length - 1, createRandom(seed + 1));
  const groups: Int32Array[] = [];
  for (let first = 0; first < pieces.length; first += piecesPerGroup) {
    groups.push(pieces.slice(first, first + piecesPerGroup).sort());
  }

  const part = join(folder, `part-${process.pid}-${seed}.csv`);
  const from = source.lines.sqlOf(part);
  const { rows, place } = createPlacedRows({ count, width, cacheFolder: folder });
  let closed = false;

  async function read(group: Int32Array, first: boolean): Promise<void> {
    if (closed) return;
    copyPieces(path, part, group, starts);
    try {
      if (first) await learnFirstNames(connection, from, columns.slice(0, width - 1), path);
      const targets = group.map((piece) => piece * linesPerPiece);
      let [at, filled] = [0, 0];
      for await (const block of readBlocks(connection, from, table)) {
        if (closed) return;
        for (let used = 0; used < block.length;) {
          const start = targets[at] + filled;
          const room = Math.min(linesPerPiece, count - targets[at]) - filled;
          const values = block.subarray(used, used + room * width);
          place(start, values);
          used += values.length;
          filled += values.length / width;
          if (values.length / width === room) [at, filled] = [at + 1, 0];
        }
      }
      if (at !== group.length) throw new KolmoError(`${path} has changed while it was read.`);
    } catch (error) {
      // Read from its start, the file itself names the line that is wrong.
      const counts = source.columns.map(({ name }) => `count(${quoteName(name)})`).join(', ');
      await query(connection, `SELECT ${counts} FROM ${source.sql}`, path);
      throw error;
    } finally {
      rmSync(part, { force: true });
    }
  }

  const reading: Promise<void>[] = [read(groups[0], true)];
  const arrival = (group: number): Promise<void> => {
    if (group < reading.length) return reading[group];
    const arriving = arrival(group - 1).then(() => read(groups[group], false));
    // Who waits for the group gets the error; a group read ahead may never be waited for.
    arriving.catch(() => undefined);
    reading.push(arriving);
    return arriving;
  };
  const close = async (): Promise<void> => {
    closed = true;
    await Promise.allSettled(reading);
  };
  try {
    await reading[0];
  } catch (error) {
    rows.close();
    throw error;
  }
  return {
    rows,
    linesPerPiece,
    groups,
    async arrived(wanted) {
      const needed = arrival(wanted - 1);
      if (wanted < groups.length) void arrival(wanted);
      await needed;
    },
    close,
  };
}

/** The given rows, in ascending order, by group: positions in `rows`. */
export function groupRows(
  rows: Int32Array,
  { groups, linesPerPiece }: Pick<Pieces, 'groups' | 'linesPerPiece'>,
): Int32Array[] {
  const groupOf: number[] = [];
  groups.forEach((pieces, group) => pieces.forEach((piece) => (groupOf[piece] = group)));
  const grouped = groups.map((pieces) => new Int32Array(pieces.length * linesPerPiece));
  const filled = groups.map(() => 0);
  rows.forEach((row, position) => {
    const group = groupOf[Math.floor(row / linesPerPiece)];
    grouped[group][filled[group]++] = position;
  });
  return grouped.map((positions, group) => positions.subarray(0, filled[group]));
}

/** Rows that have a target; fills the names of the classes on the way. */
async function countRows(connection: DuckDBConnection, table: KnownTable): Promise<number> {
  const { path, source, columns, described } = table;
  const target = columns[columns.length - 1];
  if (target.names) return learnNames(connection, source.sql, target, path);
  const number = await expression(connection, target, described[columns.length - 1].type, '');
  const counted = `SELECT count(*) FILTER (isfinite(${number})) AS rows FROM ${source.sql}`;
  return Number((await query(connection, counted, path))[0].rows);
}

/** Writes the header and some pieces of a file to another. */
function copyPieces(path: string, part: string, pieces: Int32Array, starts: number[]): void {
  const input = openSync(path, 'r');
  try {
    const bytesOf = (from: number, to: number): Buffer => {
      const bytes = Buffer.alloc(to - from);
      return bytes.subarray(0, readSync(input, bytes, 0, bytes.length, from));
    };
    const copied = Array.from(pieces, (piece) => bytesOf(starts[piece], starts[piece + 1]));
    try {
      writeFileSync(part, Buffer.concat([bytesOf(0, starts[0]), ...copied]));
    } catch (error) {
      refuseCache(dirname(part), error);
    }
  } finally {
    closeSync(input);
  }
}
