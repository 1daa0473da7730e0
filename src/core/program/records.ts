/** JSON whose records all have the same keys, restated as a table: keys, quotes and brackets follow from where a value stands. */
import { formatCount } from '../count';
import type { Restatement } from './restated';
import type { Syntax } from './syntax';

/** Fewer records do not pay for telling what stands between their values. */
const leastRecords = 16;

/**
 * A list of records, or a record a line, as rows of values between tabs. Quotes follow from the column where all of its values have
 * them. Of other JSON none.
 */
export function recordRows(json: string, { type }: Syntax): Restatement | undefined {
  if (type !== 'json') return undefined;
  const { keys, values } = valuesOf(json);
  const columns = keys.length;
  const rows = values.length / columns;
  if (!Number.isInteger(rows) || rows < leastRecords) return undefined;
  const cells = values.map(({ from, to }) => json.slice(from, to));
  // What stands before each value, and behind the last.
  const texts = [...values, { from: json.length }].map(({ from }, k) =>
    json.slice(k && values[k - 1].to, from),
  );
  for (let column = 0; column < columns; column++) {
    const own = Array.from({ length: rows }, (_, row) => row * columns + column);
    if (!own.every((k) => isString.test(cells[k]))) continue;
    for (const k of own) {
      cells[k] = cells[k].slice(1, -1);
      texts[k] += '"';
      texts[k + 1] = `"${texts[k + 1]}`;
    }
  }
  const between = texts.slice(1, columns + 1);
  const isRegular = texts.slice(1, -1).every((text, k) => text === between[k % columns]);
  if (!isRegular || cells.some((cell) => /[\t\n]/.test(cell))) return undefined;
  const [before, cyclic, behind] = [texts[0], between, texts.at(-1)].map((text) =>
    JSON.stringify(text),
  );
  return {
    text: cells.reduce((table, cell, k) => table + (k % columns ? '\t' : '\n') + cell),
    restore: `t=>${before}+t.replace(/\\t|\\n/g,(k=>()=>${cyclic}[k++%${columns}])(0))+${behind}`,
    sentence: `Its ${formatCount(rows)} records have the same keys, and are told as rows of values.`,
    syntax: { type: 'table', delimiter: 9, isQuoted: false, names: keys },
  };
}

const isString = /^"[^"\\]*(?:\\.[^"\\]*)*"$/;
const token = /"[^"\\]*(?:\\.[^"\\]*)*"|[^\s"[\]{},:]+|[[\]{},:]/g;

/** The values of all records, each from its first character to behind its last, and the keys of the first record. */
function valuesOf(json: string): { keys: string[]; values: { from: number; to: number }[] } {
  /** How many brackets are open inside a record. */
  const inRecord = /^\s*\[/.test(json) ? 2 : 1;
  const keys: string[] = [];
  const values: { from: number; to: number }[] = [];
  let [depth, end, before, columns] = [0, 0, '', Infinity];
  let value: number | 'next' | undefined;
  for (const { 0: part, index } of json.matchAll(token)) {
    if (part === '}' || part === ']') depth--;
    const isOver = depth < inRecord || (depth === inRecord && part === ',');
    if (isOver && typeof value === 'number') {
      values.push({ from: value, to: end });
      value = undefined;
    }
    if (depth < inRecord) columns = Math.min(columns, values.length || Infinity);
    if (value === 'next') value = index;
    else if (value === undefined && depth === inRecord && part === ':') {
      value = 'next';
      if (values.length < columns) keys.push(before.slice(1, -1));
    }
    if (part === '{' || part === '[') depth++;
    [before, end] = [part, index + part.length];
  }
  return { keys, values };
}
