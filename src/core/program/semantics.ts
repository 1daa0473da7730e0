/** Semantic analysis: columns, how their numbers are written, which columns sum to which, and which tell which. */
import type { Clock } from './model/clock';
import { coarse, type Tracker } from './model/fields';
import type { NumberColumn } from './model/numbers';
import type { Swap } from './model/swaps';
import { adaptiveCost } from './semantics/adaptiveCost';
import { readColumns, type Column } from './semantics/columns';
import { findNumbers } from './semantics/expectations';
import type { Table } from './syntax';

export interface Semantics {
  numbers: NumberColumn[];
  /** Per column, the column that tells most about it and the one that tells most beside that; its own number where there is no other. */
  parents: [number, number][];
  /** Whether long numbers often begin as an earlier row's do, other than the one right above. */
  echoes: boolean;
  /** Two columns that go with a third in either order. */
  swap?: Swap;
  /** A column of steps. */
  clock?: Clock;
  /** What was found about single columns. */
  laws: Law[];
}

/** A law of a file as a sentence, and what its semantics are without it. */
export interface Law {
  sentence: string;
  without: Partial<Omit<Semantics, 'laws'>>;
}

/** Bytes that are looked at. */
const sampleSize = 1 << 19;
/** What of a column's cost another one may leave for the report to say that it tells it. */
const mostLeft = 0.98;
/** Bits that a column's cells have to cost for the report to say so. */
const leastCost = 64;
/** Rows that are compared. */
const mostRows = 6000;

/** What is known of the columns that the tracker finds, from their first half megabyte; a table may be given names and a column of steps. */
export function analyseSemantics(
  bytes: Uint8Array,
  tracker: Tracker,
  { names: known, clock }: Pick<Table, 'names' | 'clock'> = {},
): Semantics {
  const columns = readColumns(bytes.subarray(0, sampleSize), tracker, known);
  const names = new Map(columns.map(({ column, name }) => [column, name]));
  const laws: Law[] = [];
  const numbers = findNumbers(bytes, columns, tracker);
  for (const number of numbers) {
    if (number.sum.length === 0) continue;
    const rest = numbers.map((other) => (other === number ? { ...other, sum: [] } : other));
    laws.push({ sentence: sumSentence(number, names), without: { numbers: rest } });
  }
  const found = findParents(columns);
  const parents = Array.from(found, (told, column) => told?.pair ?? [column, column]);
  found.forEach(({ pair: [parent], left }, column) => {
    if (left > mostLeft) return;
    const [name, by] = [names.get(column), names.get(parent % coarse)];
    const part = parent < coarse ? '' : ' up to its first decimal';
    if (!name || !by) return;
    const sentence = `Column ${name} is told best by column ${by}${part}.`;
    laws.push({ sentence, without: { parents: parents.with(column, [column, column]) } });
  });
  const swap = findSwap(columns, parents);
  if (swap) laws.push({ sentence: swapSentence(swap, names), without: { swap: undefined } });
  return { numbers, parents, echoes: hasEchoes(columns), swap, clock, laws };
}

/** A quarter of a table's numbers of nine and more characters has to. */
function hasEchoes(columns: Column[]): boolean {
  let long = 0;
  let repeated = 0;
  for (const { cells } of columns) {
    const seen = new Set<string>();
    let above = '';
    for (const cell of cells) {
      const first = /^-?([\d.]{8})[\d.]/.exec(cell)?.[1];
      if (first === undefined) continue;
      long++;
      if (first !== above && seen.has(first)) repeated++;
      seen.add(first);
      above = first;
    }
  }
  return long > 64 && repeated * 4 > long;
}

/** For each column the two columns under which its cells cost least, and what the first of them leaves of their cost. */
function findParents(columns: Column[]): { pair: [number, number]; left: number }[] {
  const parents: { pair: [number, number]; left: number }[] = [];
  // Rows are only comparable between columns that have a cell in each; what stands between JSON values has more.
  const lengths = columns.map(({ cells }) => cells.length).sort((a, b) => a - b);
  const usual = lengths[lengths.length >> 1];
  const same = columns.filter(({ cells }) => Math.abs(cells.length - usual) <= usual * 0.1);
  const coarser = same.flatMap(({ column, name, cells }) => {
    const short = cells.map((cell) => /^.*?\.\d/.exec(cell)?.[0] ?? '');
    const worthIt = cells.filter((cell, k) => short[k] && cell.length > short[k].length);
    return worthIt.length * 2 > cells.length
      ? [{ column: column + coarse, name, cells: short }]
      : [];
  });
  for (const { column, cells } of same) {
    const rows = Math.min(mostRows, cells.length) - 1;
    const target = cells.slice(1, rows + 1);
    // What its own cells above tell is no news to the contexts of every table.
    const others = [...same, ...coarser].filter((other) => other.column % coarse !== column);
    // The second is the one that tells most beside the first.
    const pair = [column, column] as [number, number];
    const known: string[][] = [];
    const costs = [adaptiveCost(target)];
    for (let rank = 0; rank < 2; rank++) {
      let best: { column: number; cost: number; context: string[] } | undefined;
      for (const other of others.filter(({ column: by }) => by !== pair[0])) {
        const shift = other.column % coarse < column ? 1 : 0;
        const context = target.map((_, k) => `${other.cells[k + shift]}\n${known[0]?.[k] ?? ''}`);
        const cost = adaptiveCost(target, ...known, context);
        if (cost < (best?.cost ?? Infinity)) best = { column: other.column, cost, context };
      }
      // What tells little still tells more than what the contexts of every table say already.
      if (!best) break;
      pair[rank] = best.column;
      costs.push(best.cost);
      known.push(best.context);
    }
    // What is all but known is not told by another column.
    const isTold = costs.length > 1 && costs[0] > leastCost;
    parents[column] = { pair, left: isTold ? costs[1] / costs[0] : 1 };
  }
  return parents;
}

/** A column and the two that tell it, where a twentieth of the rows are an earlier one with the two ends changed round and no other. */
function findSwap(columns: Column[], parents: [number, number][]): Swap | undefined {
  const cellsOf = (wanted: number) => columns.find(({ column }) => column === wanted)?.cells ?? [];
  for (const [second, pair] of parents.entries()) {
    const [by, first] = pair.toSorted((a, b) => a - b);
    if (by === first || first >= second) continue;
    const [third, one, other] = [by, first, second].map(cellsOf);
    const seen = new Set<string>();
    let turned = 0;
    for (let k = 0; k < Math.min(third.length, one.length, other.length); k++) {
      const [there, back] = [
        [one[k], other[k]],
        [other[k], one[k]],
      ].map((ends) => [third[k], ...ends].join('\n'));
      if (seen.has(back) && !seen.has(there)) turned++;
      seen.add(there);
    }
    if (turned * 20 > other.length) return { by, first, second };
  }
  return undefined;
}

/** The name of a column, which is told to be one where it is a number. */
function titleOf(column: number, names: Map<number, string>): string {
  const name = names.get(column) ?? String(column + 1);
  return /^\d+$/.test(name) ? `column ${name}` : name;
}

function swapSentence({ by, first, second }: Swap, names: Map<number, string>): string {
  const [one, other] = [first, second].map((column) => names.get(column) ?? column + 1);
  return `Columns ${one} and ${other} may change places under the same ${titleOf(by, names)}.`;
}

function sumSentence({ column, sum }: NumberColumn, names: Map<number, string>): string {
  const terms = sum.map(({ column: other, sign }, k) => {
    const name = titleOf(other, names);
    const plus = k === 0 ? '' : 'plus ';
    return `${sign < 0 ? 'minus ' : plus}${name}${other < column ? '' : ' of the row above'}`;
  });
  return `Column ${names.get(column) ?? column + 1} is ${terms.join(' ')}, up to a few differences.`;
}
