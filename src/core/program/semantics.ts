/** Semantic analysis: columns, how their numbers are written, which columns sum to which, and which tell which. */
import { KolmoError } from '../error';
import { clockBases, numbersSource, type NumberColumn } from './model/numbers';
import { coarse } from './model/fields';
import type { Swap } from './model/swaps';
import { mixSource, usesSource, withHooks, type Tracker } from './model/fields';

export interface Semantics {
  numbers: NumberColumn[];
  /** Per column, the column that tells most about it (its own number: the row above), and the second such. */
  parents: [number, number][];
  /** Whether long numbers often begin as an earlier row's do, other than the one right above. */
  echoes: boolean;
  /** Two columns that go with a third in either order. */
  swap?: Swap;
  /** What was found, as sentences. */
  sentences: string[];
}

/** A column as its cells, in the order of the file; `rows[k]` is the row that cell k belongs to. */
interface Column {
  column: number;
  name: string;
  cells: string[];
}

/** Bytes that are looked at. */
const sampleSize = 1 << 19;
const expectedSize = 1 << 18;
const most = { numbers: 32, rows: 6000, terms: 4 };
const style = /^ *-?\d+(\.\d+)?$/;
const clock = /^ *"?\d{4}[-/]\d\d[-/]\d\d([T ]\d\d:\d\d(:\d\d)?)?/;
const timeOfDay = /^ *"?\d\d:\d\d(:\d\d)?"?$/;

/** Reads the fields with the tracker that the program will use, so that both see the same columns. */
export function analyseSemantics(bytes: Uint8Array, tracker: Tracker): Semantics {
  const columns = readColumns(bytes.subarray(0, sampleSize), tracker);
  const found = columns
    .map((column) => numberColumn(column))
    .filter((column) => column !== undefined)
    .slice(0, most.numbers);
  const values = new Map(found.map((number) => [number.column, valuesOf(number, columns)]));
  const names = new Map(columns.map(({ column, name }) => [column, name]));
  const sentences: string[] = [];
  const summed = found.map((number) => ({ ...number, sum: findSum(number.column, values) }));
  const numbers = chooseExpectations(summed, (trial) =>
    expectationCosts(bytes.subarray(0, expectedSize), tracker, trial),
  );
  for (const number of numbers)
    if (number.sum.length > 0) sentences.push(sumSentence(number, names));
  const parents = findParents(columns);
  parents.forEach(([parent], column) => {
    if (parent === column) return;
    const [name, by] = [names.get(column), names.get(parent % coarse)];
    const part = parent < coarse ? '' : ' up to its first decimal';
    if (name && by) sentences.push(`Column ${name} is told best by column ${by}${part}.`);
  });
  const swap = findSwap(columns, parents);
  if (swap) sentences.push(swapSentence(swap, names));
  return { numbers, parents, echoes: hasEchoes(columns), swap, sentences };
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

/** Calls `found` for each field that ends before the last byte: its column, its first byte, and the byte that ended it. */
export function readFields(
  bytes: Uint8Array,
  { state, step }: Tracker,
  found: (column: number, start: number, end: number) => void,
): void {
  const hooked = step.replaceAll('/*ended*/', 'found(col, start, i - 1);');
  const body = `${mixSource} ${usesSource('')} let c1 = 0, c2 = 0, c3 = 0, a2 = 0; ${state}
    for (let i = 0; i < data.length; i++) { ${hooked} c3 = c2; c2 = c1; c1 = data[i]; }`;
  new Function('data', 'found', body)(bytes, found);
}

function readColumns(bytes: Uint8Array, tracker: Tracker): Column[] {
  const byNumber = new Map<number, Column>();
  readFields(bytes, tracker, (column, start, end) => {
    const text = Buffer.from(bytes.subarray(start, end)).toString('latin1');
    const known = byNumber.get(column);
    if (known) known.cells.push(text);
    else byNumber.set(column, { column, name: nameOf(bytes, start, text), cells: [text] });
  });
  return [...byNumber.values()].filter(({ cells }) => cells.length > 8);
}

/** The name of a column by its first field: a table has it in the first row, JSON right before the value. */
export function nameOf(bytes: Uint8Array, start: number, text: string): string {
  const key = /"([^"]*)"\s*:$/.exec(
    Buffer.from(bytes.subarray(Math.max(0, start - 80), start)).toString('latin1'),
  );
  return key ? key[1] : text.replace(/"/g, '').trim();
}

function numberColumn({ column, cells }: Column): NumberColumn | undefined {
  const filled = cells.filter((cell) => /\d/.test(cell));
  if (filled.length < 8 || new Set(filled).size < 5) return undefined;
  const share = (pattern: RegExp) =>
    filled.filter((cell) => pattern.test(cell)).length / filled.length;
  const common = { column, fit: 'linear' as const, sum: [] };
  const first = share(clock) > 0.95 ? 0 : share(timeOfDay) > 0.95 ? 3 : undefined;
  if (first !== undefined) {
    const groups = filled[filled.length >> 1].match(/\d+/g)!.length;
    const last = Math.min(first + groups, clockBases.length) - 1;
    return { ...common, clock: true, signed: false, places: first, last };
  }
  if (share(style) < 0.95) return undefined;
  const decimals = filled.map((cell) => /\.(\d+)$/.exec(cell)?.[1].length ?? 0);
  const places = decimals.reduce((a, b) => Math.max(a, b));
  const digits = filled.map((cell) => cell.length).reduce((a, b) => Math.max(a, b));
  if (places > 9 || digits > 15) return undefined;
  const signed = filled.some((cell) => cell.includes('-'));
  return { ...common, clock: false, signed, places, last: 0 };
}

/** The cells as integers of the column's scale, as the program's own `readNumber` gives them. */
function valuesOf({ column, clock, places }: NumberColumn, columns: Column[]): Float64Array {
  const cells = columns.find((other) => other.column === column)?.cells;
  if (!cells)
    throw new KolmoError(`Column ${column} of the table is not among those that were read.`);
  return Float64Array.from(cells.slice(0, most.rows), (cell) => {
    if (!clock) return Math.round((Number(cell) || 0) * 10 ** places);
    const parts = cell.match(/\d+/g) ?? [];
    return parts.reduce((sum, part, k) => sum * clockBases[places + k] + Number(part), 0);
  });
}

/** Adds columns, with sign, as long as that makes the difference cheaper by a tenth. */
function findSum(column: number, values: Map<number, Float64Array>): NumberColumn['sum'] {
  const own = values.get(column)!;
  let difference: Float64Array = own.slice(1);
  let cost = adaptiveCost(difference, []);
  const first = cost;
  const terms: NumberColumn['sum'] = [];
  while (terms.length < most.terms) {
    let best:
      { term: NumberColumn['sum'][number]; cost: number; difference: Float64Array } | undefined;
    for (const [other, theirs] of values) {
      if (theirs.length < own.length - 1 || terms.some((term) => term.column === other)) continue;
      // What stands right of the column, and the column itself, is known of the row above only.
      const shift = other < column ? 1 : 0;
      for (const sign of [1, -1] as const) {
        const left: Float64Array = difference.map((v, k) => v - sign * theirs[k + shift]);
        const leftCost = adaptiveCost(left, []);
        if (leftCost < (best?.cost ?? cost * 0.9))
          best = { term: { column: other, sign }, cost: leftCost, difference: left };
      }
    }
    if (!best) break;
    terms.push(best.term);
    [cost, difference] = [best.cost, best.difference];
  }
  // Differences that are all different are for the fit to predict, not for a list of the last few.
  const few = new Set(difference).size * 2 < difference.length;
  return few && cost < first * 0.8 ? terms : [];
}

/** Takes for each column the fit, or the sum in its place, under whose expectations it costs least. */
function chooseExpectations(
  numbers: NumberColumn[],
  measure: (numbers: NumberColumn[]) => Float64Array,
): NumberColumn[] {
  const fits = (['linear', 'product'] as const).map((fit) =>
    numbers.map((number): NumberColumn => {
      const { clock, signed } = number;
      return { ...number, fit: clock || signed ? 'linear' : fit, sum: [] };
    }),
  );
  const trials = fits.map((trial) => ({ trial, costs: measure(trial) }));
  const cheapest = (k: number) => {
    // A sum tells contexts of bytes something as well, so it need not be cheaper.
    const cost = ({ trial, costs }: (typeof trials)[number]) =>
      costs[k] * (trial[k].sum.length ? 0.9 : 1);
    return trials.reduce((best, other) => (cost(other) < cost(best) ? other : best)).trial[k];
  };
  if (numbers.some(({ sum }) => sum.length > 0)) {
    const summed = numbers.map(({ sum }, k) => ({ ...cheapest(k), sum }));
    trials.push({ trial: summed, costs: measure(summed) });
  }
  return numbers.map((_, k) => cheapest(k));
}

/** Bits that the numbers of each column cost under their expectations alone, once half of the rows have taught them. */
function expectationCosts(
  bytes: Uint8Array,
  tracker: Tracker,
  numbers: NumberColumn[],
): Float64Array {
  const source = numbersSource(numbers);
  const { state, step } = withHooks(tracker, [source]);
  const noted = state.replace(
    '/*observed*/',
    'if (start * 2 > data.length) costs[k] -= Math.log2((mass(Math.abs(v), 1) + 1e-9) / (heap[32] + [...spikes].reduce((sum, [, n]) => sum + n * trust, 0)));',
  );
  const body = `${mixSource} ${usesSource('')} let c1 = 0, c2 = 0, c3 = 0, a2 = 0; const costs = new Float64Array(${numbers.length}), opinion = new Float32Array(256), odds = new Float32Array(4096); ${noted}
    for (let i = 0; i < data.length; i++) { ${step} c3 = c2; c2 = c1; c1 = data[i]; }
    return costs;`;
  return (new Function('data', body) as (data: Uint8Array) => Float64Array)(bytes);
}

/** Bits that the values cost when each is coded by how often it was seen, in its context first and then anywhere. */
function adaptiveCost(values: ArrayLike<number | string>, contexts: ArrayLike<unknown>): number {
  const everywhere = { total: 0, counts: new Map<number | string, number>() };
  const within = new Map<unknown, typeof everywhere>();
  const middle = middleOf(values);
  let bits = 0;
  for (let k = 0; k < values.length; k++) {
    const value = values[k];
    const tables = [everywhere];
    if (contexts.length) {
      let own = within.get(contexts[k]);
      if (!own) within.set(contexts[k], (own = { total: 0, counts: new Map() }));
      tables.unshift(own);
    }
    let seen = false;
    for (const table of tables) {
      const { total, counts } = table;
      const n = counts.get(value) ?? 0;
      if (!seen) bits -= Math.log2((n || counts.size || 1) / (total + counts.size || 1));
      if (n) seen = true;
      table.total++;
      counts.set(value, n + 1);
    }
    // A value never seen has to be spelled: a number by how far it is from the middle.
    if (!seen) bits += typeof value === 'number' ? 2 + Math.log2(1 + Math.abs(value - middle)) : 12;
  }
  return bits;
}

/** Mean of the numbers; 0 for texts. */
function middleOf(values: ArrayLike<number | string>): number {
  let sum = 0;
  for (let k = 0; k < values.length; k++) sum += Number(values[k]) || 0;
  return sum / Math.max(1, values.length);
}

/** For each column the two columns under which its cells cost least, if that is less by a twentieth; itself otherwise. */
function findParents(columns: Column[]): [number, number][] {
  const parents: [number, number][] = [];
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
    const rows = Math.min(most.rows, cells.length) - 1;
    const target = cells.slice(1, rows + 1);
    // What its own cells above tell is no news to the contexts of every table.
    const others = [...same, ...coarser].filter((other) => other.column % coarse !== column);
    // The second is the one that tells most beside the first.
    const pair = [column, column] as [number, number];
    let cost = adaptiveCost(target, []);
    let known: ArrayLike<string> = [];
    for (let rank = 0; rank < 2; rank++) {
      let best: { column: number; cost: number; context: string[] } | undefined;
      for (const other of others) {
        const shift = other.column % coarse < column ? 1 : 0;
        const context = target.map((_, k) => `${other.cells[k + shift]}\n${known[k] ?? ''}`);
        const told = adaptiveCost(target, context);
        if (told < (best?.cost ?? cost * 0.95))
          best = { column: other.column, cost: told, context };
      }
      if (!best) break;
      pair[rank] = best.column;
      [cost, known] = [best.cost, best.context];
    }
    parents[column] = pair;
  }
  return Array.from(parents, (pair, column) => pair ?? [column, column]);
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

function swapSentence({ by, first, second }: Swap, names: Map<number, string>): string {
  const [third, one, other] = [by, first, second].map((column) => names.get(column) ?? column + 1);
  return `Columns ${one} and ${other} may change places under the same ${third}.`;
}

function sumSentence({ column, sum }: NumberColumn, names: Map<number, string>): string {
  const terms = sum.map(({ column: other, sign }, k) => {
    const name = names.get(other) ?? `column ${other + 1}`;
    const plus = k === 0 ? '' : 'plus ';
    return `${sign < 0 ? 'minus ' : plus}${name}${other < column ? '' : ' of the row above'}`;
  });
  return `Column ${names.get(column) ?? column + 1} is ${terms.join(' ')}, up to a few differences.`;
}
