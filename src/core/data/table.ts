/** Tables with a header: CSV and TSV, Parquet and JSON Lines, read a chunk at a time. */
import { open, stat } from 'node:fs/promises';
import { basename, extname } from 'node:path';
import type { DuckDBConnection, DuckDBDoubleVector } from '@duckdb/node-api';
import { KolmoError } from '../error';
import {
  chooseTarget,
  describeColumns,
  isClassification,
  isRowNumber,
  isText,
  sampleRows,
  targetsOf,
} from './columns';
import type { Dataset, DatasetOptions } from './dataset';
import { openTable, query, readChunks, withDuckdb, type TableSource } from './duckdb';
import { expression, learnFirstNames, learnNames, mostNames, unknownCode } from './names';
import { hashFile } from './files';
import type { CollectEvent, ColumnDescription, DatasetDescription, Reader } from './reader';
import { createRows, type Rows } from './rows';
import { splitIndices } from './split';
import { learnTable, type StoredColumn } from './tableColumns';

export const table: Reader = {
  title: 'a table with a header (CSV, TSV, Parquet, JSON Lines)',
  matches: (name) => /\.(csv|tsv|tab|parquet|jsonl|ndjson)$/.test(name),
  describe,
  collect,
};

/** Files up to this size are counted, larger ones estimated. */
const countedBytes = 32 << 20;

async function describe(path: string): Promise<DatasetDescription> {
  try {
    // Describing yields nothing: the generator only ends.
    const described = await withDuckdb<never, DatasetDescription>(async function* (connection) {
      const source = await openTable(connection, path);
      const { rows, columns } = await describeColumns(connection, source, path);
      refuseEmpty(rows, columns, basename(path));
      const count = await countRows(connection, source, path, rows);
      return { kind: 'table', ...count, columns, targets: targetsOf(columns) };
    }).next();
    return described.value;
  } catch (error) {
    if (!(error instanceof KolmoError)) throw error;
    return { kind: 'table', rows: 0, problem: error.message };
  }
}

async function countRows(
  connection: DuckDBConnection,
  source: TableSource,
  path: string,
  looked: number,
): Promise<{ rows: number; rowsAreEstimated?: boolean }> {
  if (looked < sampleRows) return { rows: looked };
  const { size } = await stat(path);
  if (size > countedBytes && /\.(csv|tsv|tab)$/i.test(path)) {
    return { rows: Math.round(size / (await meanLineLength(path))), rowsAreEstimated: true };
  }
  const [{ rows }] = await query(
    connection,
    `SELECT count(*) AS rows FROM (SELECT * FROM ${source.sql})`,
    path,
  );
  return { rows: Number(rows) };
}

async function meanLineLength(path: string): Promise<number> {
  const file = await open(path);
  try {
    const head = new Uint8Array(1 << 20);
    const { bytesRead } = await file.read(head, 0, head.length, 0);
    let lines = 0;
    for (let i = 0; i < bytesRead; i++) if (head[i] === 10) lines++;
    return bytesRead / Math.max(1, lines);
  } finally {
    await file.close();
  }
}

function refuseEmpty(rows: number, columns: ColumnDescription[], name: string): void {
  if (rows === 0) {
    throw new KolmoError(
      `${name} has a header and no rows: expected one row a line below ${columns.map((column) => column.name).join(', ')}.`,
    );
  }
}

async function* collect(
  path: string,
  options: DatasetOptions,
): AsyncGenerator<CollectEvent, Dataset> {
  const name = basename(path);
  const file = yield* hashFile(path);
  const { rows, columns, classification, notes } = yield* withDuckdb((connection) =>
    readTable(connection, path, options),
  );
  try {
    const shares = { validation: options.validationShare, test: options.testShare };
    const split = splitIndices(rows.count, shares, options.seed, name);
    yield { type: 'progress', done: rows.count, total: rows.count, note: 'Learning the columns' };
    const learned = learnTable(rows, columns, split, classification, name);
    return {
      name: basename(path, extname(path)),
      files: [file],
      task: learned.task,
      inputShape: [learned.inputs],
      targetSize: learned.targetSize,
      ...(learned.codes && { codes: learned.codes }),
      splits: {
        training: learned.examples(split.training),
        validation: learned.examples(split.validation),
        test: learned.examples(split.test),
      },
      preprocessing: { type: 'table', columns: learned.preprocessing },
      notes: [
        ...notes,
        ...learned.notes,
        `Split with seed ${options.seed}: ${split.training.length} training, ${split.validation.length} validation, ${split.test.length} test rows.`,
      ],
      close: () => rows.close(),
    };
  } catch (error) {
    rows.close();
    throw error;
  }
}

interface ReadTable {
  rows: Rows;
  /** The target is the last. */
  columns: StoredColumn[];
  classification: boolean;
  notes: string[];
}

async function* readTable(
  connection: DuckDBConnection,
  path: string,
  options: DatasetOptions,
): AsyncGenerator<CollectEvent, ReadTable> {
  const name = basename(path);
  const source = await openTable(connection, path);
  const looked = await describeColumns(connection, source, path);
  refuseEmpty(looked.rows, looked.columns, name);
  const target = chooseTarget(looked.columns, options.target, name);
  const classification = isClassification(target, looked.rows);
  const notes = [...source.notes];
  if (options.target === undefined) {
    notes.push(`The target is a guess: ${target.name}, by ${classification ? 'class' : 'amount'}.`);
  }
  const ordered = [...looked.columns.filter((column) => column !== target), target];
  const columns = ordered.map((column): StoredColumn => ({
    name: column.name,
    names: column.type === 'category' || (column === target && classification) ? [] : undefined,
    unusable: column === target ? undefined : whyUnusable(column, looked.rows),
  }));
  const total = (await countRows(connection, source, path, looked.rows)).rows;
  await learnFirstNames(connection, source, columns, path);
  for (;;) {
    refuseManyClasses(target, columns, name);
    const { rows, withoutTarget, unknown } = yield* storeRows(
      connection,
      source,
      ordered,
      columns,
      options,
      path,
      total,
    );
    if (unknown.length > 0) {
      // Names that the first rows did not show: learn them all and read once more.
      rows.close();
      await learnNames(connection, source.sql, unknown, path);
      continue;
    }
    if (withoutTarget > 0) {
      notes.push(`${withoutTarget} rows have no value for ${target.name} and are left out.`);
    }
    return { rows, columns, classification, notes };
  }
}

function whyUnusable(column: ColumnDescription, rows: number): string | undefined {
  if (column.type === 'unsupported') return 'it holds neither numbers nor names';
  if (isRowNumber(column, rows)) return 'it numbers the rows';
  if (isText(column, rows)) return 'its words hardly repeat: an identifier or free text';
  return undefined;
}

/** Stores the rows as numbers, names as their codes; says how many had no target, and which columns have unknown names. */
async function* storeRows(
  connection: DuckDBConnection,
  source: TableSource,
  ordered: ColumnDescription[],
  columns: StoredColumn[],
  options: DatasetOptions,
  path: string,
  total: number,
): AsyncGenerator<CollectEvent, { rows: Rows; withoutTarget: number; unknown: StoredColumn[] }> {
  const selected: string[] = [];
  for (const [i, column] of ordered.entries()) {
    selected.push(await expression(connection, columns[i], column.type, `names${i}`));
  }
  const { cacheFolder, memoryBytes } = options;
  const width = columns.length;
  const rows = createRows({ width, cacheFolder, memoryBytes });
  const unknown = new Set<StoredColumn>();
  let block = new Float64Array();
  let [done, told, withoutTarget] = [0, 0, 0];
  let finished = false;
  try {
    for await (const chunk of readChunks(connection, source, selected, path)) {
      const count = chunk.rowCount;
      if (block.length < count * width) block = new Float64Array(count * width);
      for (let position = 0; position < width; position++) {
        const vector = chunk.getColumnVector(position) as DuckDBDoubleVector;
        const named = columns[position].names !== undefined;
        for (let row = 0; row < count; row++) {
          const value = vector.getItem(row)!;
          // Infinity is no measurement either.
          block[row * width + position] = Number.isFinite(value) ? value : NaN;
          if (named && value === unknownCode) unknown.add(columns[position]);
        }
      }
      const kept = dropWithoutTarget(block.subarray(0, count * width), width);
      withoutTarget += count - kept;
      rows.append(block.subarray(0, kept * width));
      done += count;
      if (done - told < sampleRows) continue;
      told = done;
      yield { type: 'progress', done, total: Math.max(done, total), note: 'Reading rows' };
    }
    const stored = rows.finish();
    finished = true;
    return { rows: stored, withoutTarget, unknown: [...unknown] };
  } finally {
    if (!finished) rows.discard();
  }
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

function refuseManyClasses(target: ColumnDescription, columns: StoredColumn[], name: string): void {
  if (columns[columns.length - 1].unusable === undefined) return;
  throw new KolmoError(
    `The target “${target.name}” of ${name} has more than ${mostNames} classes. Choose another column.`,
  );
}
