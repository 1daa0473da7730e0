/** Tables through DuckDB: sniffed once, then read with everything said, so that a bad line is named. */
import { basename, sep } from 'node:path';
import type { DuckDBConnection, DuckDBDataChunk } from '@duckdb/node-api';
import { KolmoError } from '../error';
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

export interface Duckdb {
  connection: DuckDBConnection;
  /** May be called again. */
  close(): void;
}

/** A connection to an empty in-memory database. */
export async function openDuckdb(): Promise<Duckdb> {
  const { DuckDBInstance } = await import('@duckdb/node-api');
  const database = await DuckDBInstance.create(':memory:', {
    threads: '2',
    memory_limit: '512MB',
    // Nothing is fetched from the network, whatever the file asks for.
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
  });
  const connection = await database.connect();
  let open = true;
  return {
    connection,
    close() {
      if (!open) return;
      open = false;
      connection.closeSync();
      database.closeSync();
    },
  };
}

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
  if (wanted !== undefined && found.Delimiter !== wanted) {
    // The sniffer takes a ragged table for one of a single column: read it by its header, which names the line.
    const columns = Array.from({ length: countFields(header, wanted) }, (_, i) => ({
      name: `column${i}`,
      type: 'VARCHAR',
    }));
    const sql = csvSql(path, marks, { Delimiter: wanted }, columns);
    await query(connection, `SELECT count(*) FROM (SELECT * FROM ${sql})`, path);
    found = await sniff(`, delim=${quote(wanted)}, header=true`);
  }
  const notes: string[] = [];
  if (wanted === ';' && found.Delimiter === ';') {
    const comma = await sniff(", delim=';', decimal_separator=','");
    if (countNumbers(comma) > countNumbers(found)) {
      notes.push('Numbers are written with a decimal comma.');
      return csvSource(path, `${marks}, decimal_separator=','`, comma, notes);
    }
  }
  const columns = columnsOf(found);
  if (!found.HasHeader) {
    notes.push(
      `The first line holds values: the columns are named ${columns[0].name} to ${columns[columns.length - 1].name}.`,
    );
  }
  return csvSource(path, marks, found, notes);
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

export function isNumber(type: string): boolean {
  return isInteger(type) || /^(FLOAT|DOUBLE|DECIMAL)/.test(type);
}

export function isInteger(type: string): boolean {
  return /^U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?$/.test(type);
}

/**
 * Reads the rows a chunk at a time, in the file's order.
 * @param from what follows FROM
 * @param expressions one a column, as SQL
 */
export async function* readChunks(
  connection: DuckDBConnection,
  from: string,
  expressions: string[],
  path: string,
): AsyncGenerator<DuckDBDataChunk, void> {
  // A stream of DuckDB 1.5 that fails just ends: a last row of our own proves that it came to the end.
  const selected = expressions.map((expression, i) => `${expression} AS value${i}`).join(', ');
  const nothing = expressions.map(() => 'NULL').join(', ');
  const sql = `SELECT ${selected}, false AS ended FROM ${from} UNION ALL SELECT ${nothing}, true`;
  try {
    const result = await connection.stream(sql);
    for (;;) {
      const chunk = await result.fetchChunk();
      if (!chunk || chunk.rowCount === 0) break;
      const ended = chunk.getColumnVector(expressions.length).getItem(chunk.rowCount - 1) === true;
      if (ended) chunk.rowCount--;
      if (chunk.rowCount > 0) yield chunk;
      if (ended) return;
    }
  } catch (error) {
    throw error instanceof KolmoError ? error : tableError(error, path);
  }
  const counts = expressions.map((expression) => `count(${expression})`).join(', ');
  await query(connection, `SELECT ${counts} FROM ${from}`, path);
  throw new KolmoError(`${basename(path)} could not be read to its end. Try again.`);
}

/** Runs a statement whose result is small. Errors are told as sentences about `path`. */
export async function query(
  connection: DuckDBConnection,
  sql: string,
  path: string,
): Promise<Record<string, unknown>[]> {
  try {
    return (await connection.runAndReadAll(sql)).getRowObjects();
  } catch (error) {
    throw tableError(error, path);
  }
}

/** DuckDB's message about a CSV as one sentence: line, expected and found. */
function tableError(error: unknown, path: string): KolmoError {
  const name = basename(path);
  const message = (error as Error).message;
  const line = /CSV Error on Line: (\d+)/.exec(message)?.[1];
  const columns = /Expected Number of Columns: (\d+) Found: (\d+)/.exec(message);
  if (line && columns) {
    return new KolmoError(
      `${name}, line ${line}: expected ${columns[1]} columns, found ${columns[2]}. Correct the line, or quote the field that holds the delimiter.`,
    );
  }
  const cell = /converting column "(.*)"\. Could not convert string "(.*)" to '(\w+)'/.exec(
    message,
  );
  if (line && cell) {
    return new KolmoError(
      `${name}, line ${line}: column ${cell[1]} holds “${cell[2]}”, expected ${isNumber(cell[3]) ? 'a number' : cell[3].toLowerCase()} as in the rows before it. Correct the cell, or leave it empty.`,
    );
  }
  if (/unicode|utf-?8/i.test(message)) {
    return new KolmoError(
      `${name}${line ? `, line ${line}` : ''}: the text is not UTF-8. Save the file with encoding UTF-8.`,
    );
  }
  if (line && /quote/i.test(message)) {
    return new KolmoError(
      `${name}, line ${line}: a quoted field does not end. Close the quote, or double the one inside of the field.`,
    );
  }
  return new KolmoError(
    `${name}${line ? `, line ${line}` : ''} cannot be read as a table: ${message.split('\n')[0]}`,
  );
}

export function quote(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
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

export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
