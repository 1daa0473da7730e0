/** Semantic analysis: columns, how their numbers are written, which columns sum to which, and which tell which. */
import { KolmoError } from '../error';
import { clockBases, type NumberColumn } from './model/numbers';
import { mixSource, type Tracker } from './model/fields';

export interface Semantics {
  numbers: NumberColumn[];
  /** Per column, the column that tells most about it (its own number: the row above), and the second such. */
  parents: [number, number][];
  /** Whether long numbers often begin as an earlier row's do, other than the one right above. */
  echoes: boolean;
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
const most = { numbers: 32, rows: 6000, terms: 4 };
const style = /^ *-?\d+(\.\d+)?$/;
const clock = /^ *"?\d{4}[-/]\d\d[-/]\d\d([T ]\d\d:\d\d(:\d\d)?)?/;
const timeOfDay = /^ *"?\d\d?:\d\d(:\d\d)?"?$/;

/** Reads the fields with the tracker that the program will use, so that both see the same columns. */
export function analyseSemantics(bytes: Uint8Array, tracker: Tracker): Semantics {
  const columns = readColumns(bytes.subarray(0, sampleSize), tracker);
  const numbers = columns
    .map((column) => numberColumn(column))
    .filter((column) => column !== undefined)
    .slice(0, most.numbers);
  const values = new Map(numbers.map((number) => [number.column, valuesOf(number, columns)]));
  const clocks = numbers.filter(({ style }) => style === 'clock').map(({ column }) => column);
  const names = new Map(columns.map(({ column, name }) => [column, name]));
  const sentences: string[] = [];
  for (const number of numbers) {
    number.sum = findSum(number.column, values);
    number.fit = number.style === 'clock' ? 'linear' : fitOf(number.column, values, clocks);
    if (number.sum.length > 0) sentences.push(sumSentence(number, names));
  }
  const parents = findParents(columns);
  parents.forEach(([parent], column) => {
    if (parent === column) return;
    const [name, by] = [names.get(column), names.get(parent)];
    if (name && by) sentences.push(`Column ${name} is told best by column ${by}.`);
  });
  return { numbers, parents, echoes: hasEchoes(columns), sentences };
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
  const body = `${mixSource} let c1 = 0, c2 = 0, c3 = 0, a2 = 0; ${state}
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
  if (share(clock) > 0.95) return { ...common, style: 'clock', places: 0 };
  if (share(timeOfDay) > 0.95) return { ...common, style: 'clock', places: 3 };
  if (share(style) < 0.95) return undefined;
  const decimals = filled.map((cell) => /\.(\d+)$/.exec(cell)?.[1].length ?? 0);
  const places = decimals.reduce((a, b) => Math.max(a, b));
  const digits = filled.map((cell) => cell.length).reduce((a, b) => Math.max(a, b));
  if (places > 9 || digits > 15) return undefined;
  const shortened = decimals.some((count) => count < places);
  return { ...common, style: shortened ? 'short' : 'fixed', places };
}

/** The cells as integers of the column's scale, as the program's own `readNumber` gives them. */
function valuesOf({ column, style, places }: NumberColumn, columns: Column[]): Float64Array {
  const cells = columns.find((other) => other.column === column)?.cells;
  if (!cells)
    throw new KolmoError(`Column ${column} of the table is not among those that were read.`);
  return Float64Array.from(cells.slice(0, most.rows), (cell) => {
    if (style !== 'clock') return Math.round((Number(cell) || 0) * 10 ** places);
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

/** Whether logarithms of the row predict a column more closely than its values do: then products fit better than sums. */
function fitOf(
  column: number,
  values: Map<number, Float64Array>,
  clocks: number[],
): NumberColumn['fit'] {
  const own = values.get(column)!;
  if (own.some((v) => v < 0)) return 'linear';
  const first = values.get(clocks[0]);
  // As in the program, a clock counts from the first row, or among products from the row's first clock.
  const inputs = {
    linear: [...values].map(
      ([other, theirs]) => [other, theirs.map((v) => v - theirs[1])] as const,
    ),
    product: [...values].map(([other, theirs]) => {
      const elapsed = first && clocks.includes(other) ? theirs.map((v, k) => v - first[k]) : theirs;
      return [other, elapsed.map((v) => Math.log(Math.max(1, v)))] as const;
    }),
  };
  const error = { linear: 0, product: 0 };
  for (const fit of ['linear', 'product'] as const) {
    const scale = (v: number) => (fit === 'product' ? Math.log(Math.max(1, v)) : v);
    const errors = leastSquaresErrors(own.map(scale), column, inputs[fit]);
    for (let k = 0; k < errors.length; k++) {
      const guess = scale(own[k + 1]) - errors[k];
      const back = fit === 'product' ? Math.exp(Math.min(30, guess)) : guess;
      error[fit] += Math.log2(1 + Math.abs(own[k + 1] - back));
    }
  }
  return error.product < error.linear ? 'product' : 'linear';
}

/** Errors of one fit to all rows; only used to choose between fits, so its arithmetic need not be the program's. */
function leastSquaresErrors(
  own: Float64Array,
  column: number,
  inputs: (readonly [number, Float64Array])[],
): Float64Array {
  const usable = inputs.filter(([, theirs]) => theirs.length >= own.length - 1);
  const size = usable.length + 1;
  const count = Math.min(own.length - 1, 2000);
  const row = (k: number) => [
    1,
    ...usable.map(([other, theirs]) => theirs[k + (other < column ? 1 : 0)] || 0),
  ];
  const rows = Array.from({ length: count }, (_, k) => row(k));
  const system = Array.from({ length: size }, (_, r) =>
    Float64Array.from({ length: size + 1 }, (_, c) =>
      rows.reduce((sum, f, k) => sum + f[r] * (c < size ? f[c] : own[k + 1]), 0),
    ),
  );
  for (let p = 0; p < size; p++) {
    system[p][p] += system[p][p] * 1e-9 + 1e-9;
    for (let r = 0; r < size; r++) {
      if (r === p) continue;
      const factor = system[r][p] / system[p][p];
      for (let c = p; c <= size; c++) system[r][c] -= factor * system[p][c];
    }
  }
  const weights = system.map((equation, r) => equation[size] / equation[r]);
  return Float64Array.from(
    rows,
    (f, k) => own[k + 1] - f.reduce((sum, v, r) => sum + v * weights[r], 0),
  );
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
  for (const { column, cells } of same) {
    const rows = Math.min(most.rows, cells.length) - 1;
    const target = cells.slice(1, rows + 1);
    const alone = adaptiveCost(target, []);
    const telling = same
      .map((other) => {
        const shift = other.column < column ? 1 : 0;
        const context = other.cells.slice(shift, rows + shift);
        return { column: other.column, cost: adaptiveCost(target, context) };
      })
      .filter(({ cost }) => cost < alone * 0.95)
      .sort((a, b) => a.cost - b.cost || a.column - b.column);
    parents[column] = [telling[0]?.column ?? column, telling[1]?.column ?? column];
  }
  return Array.from(parents, (pair, column) => pair ?? [column, column]);
}

function sumSentence({ column, sum }: NumberColumn, names: Map<number, string>): string {
  const terms = sum.map(({ column: other, sign }, k) => {
    const name = names.get(other) ?? `column ${other + 1}`;
    const plus = k === 0 ? '' : 'plus ';
    return `${sign < 0 ? 'minus ' : plus}${name}${other < column ? '' : ' of the row above'}`;
  });
  return `Column ${names.get(column) ?? column + 1} is ${terms.join(' ')}, up to a few differences.`;
}
