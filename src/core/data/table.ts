/** Tables with a header: CSV and TSV, Parquet and JSON Lines, read a chunk at a time. */
import { stat } from 'node:fs/promises';
import { basename, extname } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import { formatCount } from '../count';
import { KolmoError } from '../error';
import type { StoredColumn } from './columnFacts';
import {
  chooseTarget,
  describeColumns,
  isClassification,
  predictableTargets,
  sampleRows,
  targetsOf,
  whyUnusable,
} from './columns';
import type { Arriving, Dataset, DatasetOptions } from './dataset';
import { openDuckdb, query } from './duckdb';
import { hashFile, readHead } from './files';
import { learnFirstNames, learnNames, mostNames } from './names';
import { groupRows, indexLines, openPieces, type Pieces } from './pieces';
import type { CollectEvent, ColumnDescription, DatasetDescription, Reader } from './reader';
import type { Rows } from './rows';
import { refuseFew, splitIndices } from './split';
import { learnTable } from './tableColumns';
import { storeRows, type KnownTable } from './tableRows';
import { openTable, type TableSource } from './tableSource';

export const table: Reader = {
  title: 'a table with a header (CSV, TSV, Parquet, JSON Lines)',
  takes: 'file',
  matches: (name) => /\.(csv|tsv|tab|parquet|jsonl|ndjson)$/.test(name),
  describe,
  collect,
};

/** Files up to this size are counted, larger ones estimated. */
const countedBytes = 32 << 20;

async function describe(path: string): Promise<DatasetDescription> {
  const duckdb = await openDuckdb();
  try {
    const { connection } = duckdb;
    const source = await openTable(connection, path);
    const { rows, columns } = await describeColumns(connection, source, path);
    const name = basename(path);
    refuseEmpty(rows, columns, name);
    refuseFew(rows, name);
    chooseTarget(columns, undefined, name);
    refuseSingle(columns, name);
    const count = await countRows(connection, source, path, rows);
    const targets =
      rows < sampleRows ? predictableTargets(columns, rows, name) : targetsOf(columns);
    return { kind: 'table', ...count, columns, targets };
  } catch (error) {
    if (!(error instanceof KolmoError)) throw error;
    return { kind: 'table', rows: 0, problem: error.message };
  } finally {
    duckdb.close();
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
  const head = await readHead(path, 1 << 20);
  let lines = 0;
  for (const byte of head) if (byte === 10) lines++;
  return head.length / Math.max(1, lines);
}

function refuseEmpty(rows: number, columns: ColumnDescription[], name: string): void {
  if (rows === 0) {
    throw new KolmoError(
      `${name} has a header and no rows: expected one row a line below ${columns.map((column) => column.name).join(', ')}.`,
    );
  }
}

/** With one column there is nothing to predict it from. */
function refuseSingle(columns: ColumnDescription[], name: string): void {
  if (columns.length > 1) return;
  throw new KolmoError(
    `${name} has one column, ${columns[0].name}, and nothing to predict it from: add a column, or, where fields are separated by something else than a comma, a semicolon, a tab or |, save it as CSV.`,
  );
}

async function* collect(
  path: string,
  options: DatasetOptions,
): AsyncGenerator<CollectEvent, Dataset> {
  const name = basename(path);
  const duckdb = await openDuckdb();
  let pieces: Pieces | undefined;
  let rows: Rows | undefined;
  const close = async (): Promise<void> => {
    await pieces?.close();
    rows?.close();
    duckdb.close();
  };
  try {
    const { connection } = duckdb;
    const { table, classification, notes } = await lookAt(connection, path, options);
    const { source, columns } = table;
    const { lines } = source;
    const index = lines && indexLines({ header: lines.header, columns: columns.length });
    const file = yield* hashFile(path, index?.visit);
    pieces = index && (await openPieces(connection, table, index, options));
    rows = pieces?.rows ?? (yield* readTable(connection, table, options, notes));
    if (!pieces) duckdb.close();
    const shares = { validation: options.validationShare, test: options.testShare };
    const split = splitIndices(rows.count, shares, options.seed, name);
    yield { type: 'progress', done: rows.count, total: rows.count, note: 'Learning the columns' };
    if (rows.present < rows.count) notes.push(noteOf(rows));
    const learned = learnTable(rows, columns, split, classification, name);
    let arriving: Arriving | undefined;
    if (pieces) {
      const { groups, arrived } = pieces;
      if (options.early) arriving = { groups: groupRows(split.training, pieces), arrived };
      else await arrived(groups.length);
    }
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
        `Split with seed ${options.seed}: ${formatCount(split.training.length)} training, ${formatCount(split.validation.length)} validation, ${formatCount(split.test.length)} test rows.`,
      ],
      ...(arriving && { arriving }),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

const noteOf = ({ count, present }: Rows): string =>
  `The table does not fit in memory: what is said of its columns was learned from the training rows among ${formatCount(present)} rows, ` +
  `which were drawn in pieces from all ${formatCount(count)}; a name that only other rows hold counts as one that training never saw.`;

/** Finds out what the columns are, and which is the target. */
async function lookAt(
  connection: DuckDBConnection,
  path: string,
  options: DatasetOptions,
): Promise<{ table: KnownTable; classification: boolean; notes: string[] }> {
  const name = basename(path);
  const source = await openTable(connection, path);
  const looked = await describeColumns(connection, source, path);
  refuseEmpty(looked.rows, looked.columns, name);
  refuseSingle(looked.columns, name);
  const target = chooseTarget(looked.columns, options.target, name);
  const classification = isClassification(target, looked.rows);
  const notes = [...source.notes];
  if (options.target === undefined) {
    notes.push(`The target is a guess: ${target.name}, by ${classification ? 'class' : 'amount'}.`);
  }
  const described = [...looked.columns.filter((column) => column !== target), target];
  const columns = described.map((column): StoredColumn => ({
    name: column.name,
    names: column.type === 'category' || (column === target && classification) ? [] : undefined,
    unusable: column === target ? undefined : whyUnusable(column, looked.rows),
  }));
  const { rows } = await countRows(connection, source, path, looked.rows);
  return { table: { path, source, described, columns, rows }, classification, notes };
}

/** Reads the whole table. */
async function* readTable(
  connection: DuckDBConnection,
  table: KnownTable,
  options: DatasetOptions,
  notes: string[],
): AsyncGenerator<CollectEvent, Rows> {
  const { path, source, columns } = table;
  await learnFirstNames(connection, `${source.sql} LIMIT ${sampleRows}`, columns, path);
  for (;;) {
    refuseManyClasses(columns, basename(path));
    const { rows, withoutTarget, unknown } = yield* storeRows(connection, table, options);
    if (unknown.length > 0) {
      // Names that the first rows did not show: learn them all and read once more.
      rows.close();
      for (const column of unknown) await learnNames(connection, source.sql, column, path);
      continue;
    }
    if (withoutTarget > 0) {
      const { name } = columns[columns.length - 1];
      notes.push(`${formatCount(withoutTarget)} rows have no value for ${name} and are left out.`);
    }
    return rows;
  }
}

function refuseManyClasses(columns: StoredColumn[], name: string): void {
  const target = columns[columns.length - 1];
  if (target.unusable === undefined) return;
  const why =
    (target.names?.length ?? 0) > mostNames
      ? `has more than ${formatCount(mostNames)} classes`
      : `cannot be learned: ${target.unusable}`;
  throw new KolmoError(`The target “${target.name}” of ${name} ${why}. Choose another column.`);
}
