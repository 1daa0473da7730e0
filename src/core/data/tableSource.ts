/** How a table file is read by DuckDB: sniffed once, then read with everything said, so that a bad line is named. */
import { basename, sep } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import { KolmoError } from '../error';
import { isNumber, query, quote } from './duckdb';
import { readHead } from './files';

export interface SourceColumn {
  name: string;
  /** DuckDB's type name: `BIGINT`, `VARCHAR`, `TIMESTAMP`… */
  type: string;
}

/** A file as DuckDB reads it: the SQL that stands for its rows, and its columns. */
export interface TableSource {
  /** `read_csv('…', …)`: what follows FROM. */
  sql: string;
  columns: SourceColumn[];
  notes: string[];
  /** Text of lines only: the SQL for another file that is written like this one, and whether line 1 is a header. */
  lines?: { sqlOf(path: string): string; header: boolean };
}

const missingMarks = ['', 'NA', 'N/A', 'NaN', 'nan', 'null', 'NULL', '?'];
const delimiters = [',', '\t', ';', '|'];

/** A folder called `year=2020` is no column of the table. */
const ownColumns = 'hive_partitioning=false';

/** Finds out how a table file is to be read. */
export async function openTable(connection: DuckDBConnection, path: string): Promise<TableSource> {
  const extension = path.toLowerCase().split('.').pop();
  if (extension === 'parquet') {
    return openTyped(connection, `read_parquet(${tablePath(path)}, ${ownColumns})`, path);
  }
  if (extension === 'jsonl' || extension === 'ndjson') {
    const sql = `read_json(${tablePath(path)}, format='newline_delimited', ${ownColumns})`;
    return openTyped(connection, sql, path);
  }
  return openCsv(connection, path);
}

async function openTyped(
  connection: DuckDBConnection,
  sql: string,
  path: string,
): Promise<TableSource> {
  const rows = await query(connection, `DESCRIBE SELECT * FROM ${sql}`, path);
  const columns = rows.map((row) => ({
    name: String(row.column_name),
    type: String(row.column_type),
  }));
  return { sql, columns, notes: [] };
}

async function openCsv(connection: DuckDBConnection, path: string): Promise<TableSource> {
  const name = basename(path);
  const header = await readFirstLine(path);
  if (header.trim() === '') {
    throw new KolmoError(
      `${name} is empty: expected a header line with the column names, then one row a line.`,
    );
  }
  const marks = `nullstr=[${missingMarks.map(quote).join(', ')}]`;
  const sniff = async (more: string): Promise<Sniffed> => {
    const [row] = await query(
      connection,
      `SELECT Delimiter, Quote, Escape, SkipRows, Comment, HasHeader, Columns
       FROM sniff_csv(${tablePath(path)}, ${marks}${more})`,
      path,
    );
    return row as unknown as Sniffed;
  };
  const wanted = delimiterOf(header);
  let found = await sniff('');
  if (
    wanted !== undefined &&
    (found.Delimiter !== wanted || (await skipsMost(connection, path, marks, found)))
  ) {
    // The sniffer takes a ragged table for one of a single column, or for its end: read it by its header, which names the line.
    const columns = Array.from({ length: countFields(header, wanted) }, (_, i) => ({
      name: `column${i}`,
      type: 'VARCHAR',
    }));
    const sql = csvSql(path, marks, { Delimiter: wanted }, columns);
    await query(connection, `SELECT count(*) FROM (SELECT * FROM ${sql})`, path);
    found = await sniff(`, delim=${quote(wanted)}, header=true`);
  }
  const notes: string[] = [];
  let options = marks;
  if (wanted === ';' && found.Delimiter === ';') {
    const comma = await sniff(", delim=';', decimal_separator=','");
    if (countNumbers(comma) > countNumbers(found)) {
      notes.push('Numbers are written with a decimal comma.');
      [found, options] = [comma, `${marks}, decimal_separator=','`];
    }
  }
  const columns = columnsOf(found);
  const { SkipRows: skipped } = found;
  if (skipped > 0) {
    const lines = skipped === 1 ? 'The first line is' : `The first ${skipped} lines are`;
    notes.push(
      `${lines} left out, without the ${columns.length} fields of those that follow: unless that is a title or a comment, mend the table.`,
    );
  }
  if (!found.HasHeader) {
    notes.push(
      `The first line holds values: the columns are named ${columns[0].name} to ${columns[columns.length - 1].name}.`,
    );
  }
  return csvSource(path, options, found, notes);
}

/** Whether more lines are left out before the table than it has. */
async function skipsMost(
  connection: DuckDBConnection,
  path: string,
  options: string,
  found: Sniffed,
): Promise<boolean> {
  const { SkipRows: skipped } = found;
  if (skipped === 0) return false;
  const { sql } = csvSource(path, options, found, []);
  const rest = `SELECT count(*) AS rows FROM (SELECT * FROM ${sql} LIMIT ${skipped})`;
  const [{ rows }] = await query(connection, rest, path);
  return Number(rows) < skipped;
}

interface Sniffed {
  Delimiter: string;
  Quote: string;
  Escape: string;
  SkipRows: number;
  Comment: string;
  HasHeader: boolean;
  Columns: { items: { entries: SourceColumn }[] };
}

function columnsOf(sniffed: Sniffed): SourceColumn[] {
  return sniffed.Columns.items.map(({ entries }) => ({ name: entries.name, type: entries.type }));
}

function csvSource(path: string, options: string, found: Sniffed, notes: string[]): TableSource {
  const columns = columnsOf(found);
  const sqlOf = (file: string): string => csvSql(file, options, found, columns);
  const lines = { sqlOf, header: found.HasHeader };
  return { sql: sqlOf(path), columns, notes, ...(found.SkipRows === 0 && { lines }) };
}

function countNumbers(sniffed: Sniffed): number {
  return columnsOf(sniffed).filter(({ type }) => isNumber(type)).length;
}

function csvSql(
  path: string,
  options: string,
  dialect: Partial<Sniffed>,
  columns: SourceColumn[],
): string {
  const character = (value: string | undefined, otherwise: string): string =>
    quote(value === undefined ? otherwise : value === '(empty)' ? '' : value);
  const types = columns.map(({ name, type }) => `${quote(name)}: ${quote(type)}`).join(', ');
  return (
    `read_csv(${tablePath(path)}, auto_detect=false, ${ownColumns}, ${options}, ` +
    `delim=${character(dialect.Delimiter, ',')}, quote=${character(dialect.Quote, '"')}, ` +
    `escape=${character(dialect.Escape, '"')}, comment=${character(dialect.Comment, '')}, ` +
    `skip=${dialect.SkipRows ?? 0}, header=${dialect.HasHeader ?? true}, columns={${types}})`
  );
}

/** The delimiter that splits the header into most fields. */
function delimiterOf(header: string): string | undefined {
  const counts = delimiters.map((delimiter) => countFields(header, delimiter));
  const most = Math.max(...counts);
  return most > 1 ? delimiters[counts.indexOf(most)] : undefined;
}

function countFields(header: string, delimiter: string): number {
  return header.replace(/"[^"]*"/g, '').split(delimiter).length;
}

async function readFirstLine(path: string): Promise<string> {
  const text = new TextDecoder().decode(await readHead(path, 1 << 16));
  return text.split(/\r\n|\n|\r/, 1)[0];
}

/**
 * A path as SQL, for DuckDB's readers, which take it for a pattern: its signs are said as classes of one character.
 * @throws KolmoError for a path that no pattern stands for
 */
function tablePath(path: string): string {
  // DuckDB parts a pattern at every backslash, wherever that may be part of a name.
  if (sep === '/' && path.includes('\\') && /[[*?]/.test(path)) {
    throw new KolmoError(
      `${path} cannot be read: DuckDB finds no table whose path holds a backslash beside [, * or ?. Rename the file or its folder.`,
    );
  }
  return quote(path.replace(/[[*?]/g, '[$&]'));
}
