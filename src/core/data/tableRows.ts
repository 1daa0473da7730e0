/** The rows of a table as numbers: read a block at a time, and stored in the order of the file. */
import type { DuckDBConnection, DuckDBDoubleVector } from '@duckdb/node-api';
import { sampleRows } from './columns';
import type { DatasetOptions } from './dataset';
import { readChunks } from './duckdb';
import { expression, unknownCode } from './names';
import type { CollectEvent, ColumnDescription } from './reader';
import { createRows, type Rows } from './rows';
import type { StoredColumn } from './columnFacts';
import type { TableSource } from './tableSource';

/** A table that is to be read: its file, and its columns with the target last. */
export interface KnownTable {
  path: string;
  source: TableSource;
  /** The columns as they were found, in the order of `columns`. */
  described: ColumnDescription[];
  columns: StoredColumn[];
  /** An estimate. */
  rows: number;
}

/**
 * Reads rows as numbers, NaN where there is none, names as their codes.
 * @param from what follows FROM: the table's own file, or another that is written like it
 * @returns blocks of whole rows, row-major; a block is reused
 */
export async function* readBlocks(
  connection: DuckDBConnection,
  from: string,
  { path, described, columns }: KnownTable,
): AsyncGenerator<Float64Array, void> {
  const selected: string[] = [];
  for (const [i, column] of described.entries()) {
    selected.push(await expression(connection, columns[i], column.type, `names${i}`));
  }
  const width = columns.length;
  let block = new Float64Array();
  for await (const chunk of readChunks(connection, from, selected, path)) {
    const count = chunk.rowCount;
    if (block.length < count * width) block = new Float64Array(count * width);
    for (let position = 0; position < width; position++) {
      const vector = chunk.getColumnVector(position) as DuckDBDoubleVector;
      for (let row = 0; row < count; row++) {
        const value = vector.getItem(row)!;
        // Infinity is no measurement either.
        block[row * width + position] = Number.isFinite(value) ? value : NaN;
      }
    }
    yield block.subarray(0, count * width);
  }
}

/** Stores the rows that have a target; says how many have none, and which columns have names that are not known. */
export async function* storeRows(
  connection: DuckDBConnection,
  table: KnownTable,
  { cacheFolder, memoryBytes }: DatasetOptions,
): AsyncGenerator<CollectEvent, { rows: Rows; withoutTarget: number; unknown: StoredColumn[] }> {
  const { columns } = table;
  const width = columns.length;
  const rows = createRows({ width, cacheFolder, memoryBytes });
  const unknown = new Set<StoredColumn>();
  let [done, told, withoutTarget] = [0, 0, 0];
  let finished = false;
  try {
    for await (const block of readBlocks(connection, table.source.sql, table)) {
      columns.forEach((column, position) => {
        if (column.names && hasUnknown(block, position, width)) unknown.add(column);
      });
      const count = block.length / width;
      const kept = dropWithoutTarget(block, width);
      withoutTarget += count - kept;
      rows.append(block.subarray(0, kept * width));
      done += count;
      if (done - told < sampleRows) continue;
      told = done;
      yield { type: 'progress', done, total: Math.max(done, table.rows), note: 'Reading rows' };
    }
    const stored = rows.finish();
    finished = true;
    return { rows: stored, withoutTarget, unknown: [...unknown] };
  } finally {
    if (!finished) rows.discard();
  }
}

function hasUnknown(block: Float64Array, position: number, width: number): boolean {
  for (let at = position; at < block.length; at += width) {
    if (block[at] === unknownCode) return true;
  }
  return false;
}

/** Moves the rows that have a target to the front and returns how many they are. */
function dropWithoutTarget(block: Float64Array, width: number): number {
  let kept = 0;
  for (let start = 0; start < block.length; start += width) {
    if (Number.isNaN(block[start + width - 1])) continue;
    if (kept * width !== start) block.copyWithin(kept * width, start, start + width);
    kept++;
  }
  return kept;
}
