/** Columns as DuckDB delivers them: numbers, and names as codes of an enumeration made from what occurs. */
import type { DuckDBConnection } from '@duckdb/node-api';
import { query, quote, quoteName } from './duckdb';
import type { ColumnType } from './reader';
import type { StoredColumn } from './columnFacts';

/** A column of more names than this is free text. */
export const mostNames = 10_000;

/** Stands for a name that `names` lacks. */
export const unknownCode = -1;

/** Fills `names` of all columns that have them with what occurs in the rows of `from`, the first ones of a table. */
export async function learnFirstNames(
  connection: DuckDBConnection,
  from: string,
  columns: StoredColumn[],
  path: string,
): Promise<void> {
  const named = columns.filter(({ names, unusable }) => names && unusable === undefined);
  if (named.length === 0) return;
  const selected = named.map(({ name }) => quoteName(name)).join(', ');
  await query(
    connection,
    `CREATE OR REPLACE TEMP TABLE firstRows AS SELECT ${selected} FROM ${from}`,
    path,
  );
  for (const column of named) await learnNames(connection, 'firstRows', column, path);
  await query(connection, 'DROP TABLE firstRows', path);
}

/**
 * Fills `names` of a column with what occurs in the rows of `from`, sorted.
 * @returns how many rows have one of the names
 */
export async function learnNames(
  connection: DuckDBConnection,
  from: string,
  column: StoredColumn,
  path: string,
): Promise<number> {
  const name = quoteName(column.name);
  const found = await query(
    connection,
    `SELECT ${name}::VARCHAR AS found, count(*) AS rows FROM ${from} WHERE ${name} IS NOT NULL GROUP BY 1 LIMIT ${mostNames + 1}`,
    path,
  );
  column.names = found.map((row) => String(row.found)).sort();
  if (found.length > mostNames) {
    column.unusable = `it has more than ${mostNames} different names`;
  } else if (column.names.some((found) => found.includes('\0'))) {
    // No SQL text can hold them.
    column.unusable = 'its names hold NUL bytes';
  }
  return found.reduce((sum, { rows }) => sum + Number(rows), 0);
}

/** A column as SQL that gives a number, never null: a vector without nulls is read several times as quickly. */
export async function expression(
  connection: DuckDBConnection,
  column: StoredColumn,
  columnType: ColumnType,
  enumeration: string,
): Promise<string> {
  const missing = "'nan'::DOUBLE";
  const name = quoteName(column.name);
  const { names, unusable } = column;
  if (unusable !== undefined || names?.length === 0) return missing;
  if (!names) {
    const number = columnType === 'time' ? `epoch(${name})` : name;
    return `coalesce(${number}::DOUBLE, ${missing})`;
  }
  const values = names.map(quote).join(', ');
  await connection.run(`CREATE OR REPLACE TYPE ${enumeration} AS ENUM (${values})`);
  const code = `enum_code(TRY_CAST(${name}::VARCHAR AS ${enumeration}))::DOUBLE`;
  return `CASE WHEN ${name} IS NULL THEN ${missing} ELSE coalesce(${code}, ${unknownCode}) END`;
}
