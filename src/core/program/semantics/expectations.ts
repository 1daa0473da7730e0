/** Columns of numbers, and what each is expected from: the fits and sums under which they cost least. */
import { KolmoError } from '../../error';
import { walkSource, withHooks, type Tracker } from '../model/fields';
import { clockBases, numbersSource, type NumberColumn } from '../model/numbers';
import { adaptiveCost } from './adaptiveCost';
import type { Column } from './columns';

/** Bytes that expectations are tried on. */
const expectedSize = 1 << 18;
const most = { numbers: 32, rows: 6000, terms: 4 };
const style = /^ *-?\d+(\.\d+)?$/;
const clock = /^ *"?\d{4}[-/]\d\d[-/]\d\d([T ]\d\d:\d\d(:\d\d)?)?/;
const timeOfDay = /^ *"?\d\d:\d\d(:\d\d)?"?$/;

/** Those of the columns, read with the tracker, that hold numbers, each with the expectations that suit it best. */
export function findNumbers(
  bytes: Uint8Array,
  columns: Column[],
  tracker: Tracker,
): NumberColumn[] {
  const found = columns
    .map((column) => numberColumn(column))
    .filter((column) => column !== undefined)
    .slice(0, most.numbers);
  const values = new Map(found.map((number) => [number.column, valuesOf(number, columns)]));
  const summed = found.map((number) => ({ ...number, sum: findSum(number.column, values) }));
  const sample = bytes.subarray(0, expectedSize);
  const scale = (2 * bytes.length) / sample.length;
  return chooseExpectations(summed, scale, (trial) => expectationCosts(sample, tracker, trial));
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

/** The cells as integers of the column's scale, as the program's own `observe` sees them. */
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
  let cost = adaptiveCost(difference);
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
        const leftCost = adaptiveCost(left);
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

/** Bytes of decoder that products need. */
const productCost = 150;

/** Takes for each column the fit, or the sum in its place, under whose expectations it costs least; `scale` makes costs the file's. */
function chooseExpectations(
  numbers: NumberColumn[],
  scale: number,
  measure: (numbers: NumberColumn[]) => Float64Array,
): NumberColumn[] {
  const fits = (['linear', 'product'] as const).map((fit) =>
    numbers.map((number): NumberColumn => {
      const { clock, signed } = number;
      return { ...number, fit: clock || signed ? 'linear' : fit, sum: [] };
    }),
  );
  const trials = fits.map((trial) => ({ trial, costs: measure(trial) }));
  const [linear, products] = trials.map(({ costs }) => costs);
  const saved = linear.reduce((bits, cost, k) => bits + Math.max(0, cost - products[k]), 0);
  if (saved * scale < 8 * productCost) trials.pop();
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
    'if (start * 2 > data.length) costs[index - 1] -= Math.log2((mass(Math.abs(v), 1) + 1e-9) / (below(1e15) - below(-1e15)));',
  );
  const body = `const costs = new Float64Array(${numbers.length}), opinion = new Float32Array(256), odds = new Float32Array(4096), tree = [], leaf = Array.from({ length: 256 }, (_, byte) => 256 + byte);
    ${walkSource({ state: noted, step })} return costs;`;
  return (new Function('data', body) as (data: Uint8Array) => Float64Array)(bytes);
}
