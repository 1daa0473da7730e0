/** What the columns of a table are: types, distinct and missing values, and which is likely the target. */
import type { DuckDBConnection } from '@duckdb/node-api';
import { formatCount } from '../count';
import { KolmoError } from '../error';
import { isInteger, isNumber, query, quoteName } from './duckdb';
import { mostNames } from './names';
import type { ColumnDescription, ColumnType } from './reader';
import type { TableSource } from './tableSource';

/** Rows that are looked at before the whole table is read. */
export const sampleRows = 100_000;

/** DuckDB takes some 2 MB to count the distinct values of a column, were there but a few: 200 at once would not fit in its memory. */
const columnsAtOnce = 50;

/** An integer target with at most so many distinct values names classes, not quantities. */
const mostIntegerClasses = 20;

/** Names that targets go by; `y` as well, unless another says it plainly. */
const targetNames =
  /^(target|label|labels|class|classes|outcome|response|survived|species|quality|diagnosis|churn|default|price|saleprice|sale_price|median_house_value|medv|income|salary|output|result)$/i;

/** Names that row numbers go by. */
const rowNames = /^(|id|index|idx|row|row_?id|row_?number|unnamed.*|column0)$/i;

/**
 * Describes the columns from the first rows, in the table's order, with their rank as a target.
 * @returns the rows looked at as well: fewer than `sampleRows` means the whole table
 */
export async function describeColumns(
  connection: DuckDBConnection,
  source: TableSource,
  path: string,
): Promise<{ rows: number; columns: ColumnDescription[] }> {
  const row: Record<string, unknown> = {};
  for (let first = 0; first < source.columns.length; first += columnsAtOnce) {
    const facts = source.columns.slice(first, first + columnsAtOnce).map(({ name }, i) => {
      const column = quoteName(name);
      return `count(DISTINCT ${column}) AS distinct${first + i}, count(*) - count(${column}) AS missing${first + i}`;
    });
    const from = `(SELECT * FROM ${source.sql} LIMIT ${sampleRows})`;
    const sql = `SELECT count(*) AS rows, ${facts.join(', ')} FROM ${from}`;
    Object.assign(row, ...(await query(connection, sql, path)));
  }
  const columns = source.columns.map(({ name, type }, i) => ({
    name,
    type: columnType(type),
    distinct: Number(row[`distinct${i}`]),
    missing: Number(row[`missing${i}`]),
    guessRank: -1,
  }));
  const rows = Number(row.rows);
  rankTargets(columns, rows);
  return { rows, columns };
}

function columnType(type: string): ColumnType {
  if (isInteger(type)) return 'integer';
  if (isNumber(type)) return 'number';
  if (/^(VARCHAR|BOOLEAN|UUID|ENUM)/.test(type)) return 'category';
  if (/^(DATE|TIME)/.test(type)) return 'time';
  return 'unsupported';
}

/** Best guess: a telling name, then the last column, then the others from the last to the first. */
function rankTargets(columns: ColumnDescription[], rows: number): void {
  const score = (column: ColumnDescription, position: number): number => {
    const named = targetNames.test(column.name) ? 3 : /^y$/i.test(column.name) ? 1.5 : 0;
    const odd = isRowNumber(column, rows) || isText(column, rows) ? -1 : 0;
    return named + odd + position / columns.length;
  };
  columns
    .map((column, position) => ({ column, score: score(column, position) }))
    .filter(
      ({ column: { type, distinct } }) =>
        type !== 'unsupported' && distinct > 1 && (type !== 'category' || distinct <= mostNames),
    )
    .sort((a, b) => b.score - a.score)
    .forEach(({ column }, rank) => (column.guessRank = rank));
}

export function targetsOf(columns: ColumnDescription[]): string[] {
  return columns
    .filter(({ guessRank }) => guessRank >= 0)
    .sort((a, b) => a.guessRank - b.guessRank)
    .map(({ name }) => name);
}

/** The column that was asked for, or the best guess. */
export function chooseTarget(
  columns: ColumnDescription[],
  wanted: string | undefined,
  name: string,
): ColumnDescription {
  if (wanted !== undefined) {
    const column = columns.find((candidate) => candidate.name === wanted);
    if (!column) {
      throw new KolmoError(
        `${name} has no column “${wanted}” to predict: its columns are ${columns.map((each) => each.name).join(', ')}.`,
      );
    }
    if (column.distinct < 2) {
      const found = column.distinct === 0 ? 'no value at all' : 'one class only';
      throw new KolmoError(
        `The target “${wanted}” of ${name} has ${found}: there is nothing to learn. Choose another column.`,
      );
    }
    if (column.type === 'unsupported') {
      throw new KolmoError(
        `The target “${wanted}” of ${name} holds neither numbers nor names. Choose another column.`,
      );
    }
    return column;
  }
  const best = columns.find(({ guessRank }) => guessRank === 0);
  if (best) return best;
  throw new KolmoError(
    `${name} has no column to predict: each holds no value, one value in all rows, or more than ${formatCount(mostNames)} names. Add one of at least two values.`,
  );
}

export function isClassification(target: ColumnDescription, rows: number): boolean {
  if (target.type === 'category') return true;
  const { distinct } = target;
  return (
    target.type === 'integer' &&
    (distinct === 2 || (distinct <= mostIntegerClasses && distinct * 10 <= rows))
  );
}

function isRowNumber(column: ColumnDescription, rows: number): boolean {
  return column.type === 'integer' && column.distinct === rows && rowNames.test(column.name);
}

/** Why a column is no input for a model, as far as the rows that were looked at tell. */
export function whyUnusable(column: ColumnDescription, rows: number): string | undefined {
  if (column.type === 'unsupported') return 'it holds neither numbers nor names';
  if (isRowNumber(column, rows)) return 'it numbers the rows';
  if (isText(column, rows)) return 'its words hardly repeat: an identifier or free text';
  return undefined;
}

/**
 * The columns that can be the target, best guess first, where the rows that were looked at are the whole table.
 * Throws a KolmoError where none has another that it could be predicted from.
 */
export function predictableTargets(
  columns: ColumnDescription[],
  rows: number,
  name: string,
): string[] {
  const reasons = new Map(
    columns.flatMap((column): [string, string][] => {
      const reason = whyUnusable(column, rows) ?? constant[column.distinct];
      return reason === undefined ? [] : [[column.name, reason]];
    }),
  );
  const inputs = columns.filter((column) => !reasons.has(column.name));
  const [guess, ...others] = targetsOf(columns);
  const targets = [guess, ...others].filter((target) =>
    inputs.some((column) => column.name !== target),
  );
  if (targets.length > 0) return targets;
  reasons.delete(guess);
  throw withoutInputs(
    name,
    [...reasons].map(([column, reason]) => leftOut(column, reason)),
  );
}

const constant = ['all its values are missing', 'it has one value in all rows'];

export const leftOut = (column: string, reason: string): string =>
  `${column} is left out: ${reason}.`;

export const withoutInputs = (name: string, notes: string[]): KolmoError =>
  new KolmoError(
    `${name} has no usable column besides the target: ${notes.join(' ')} Add a column that it can be predicted from.`,
  );

/** Words that hardly repeat are identifiers or free text, which one-hot positions cannot carry. */
export function isText(column: ColumnDescription, rows: number): boolean {
  return column.type === 'category' && column.distinct > 20 && column.distinct * 2 > rows;
}
