/** Statements to DuckDB: their rows, and what goes wrong in them as sentences about a table. */
import { basename } from 'node:path';
import type { DuckDBConnection, DuckDBDataChunk } from '@duckdb/node-api';
import { KolmoError } from '../error';

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

export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
