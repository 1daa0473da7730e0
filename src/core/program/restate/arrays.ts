/** NPY arrays as tables of decimals or whole numbers: what was written with 15 digits once costs 15 digits, and rows are seen as rows. */
import { evaluated } from '../evaluated';
import { adaptiveCost } from '../semantics/adaptiveCost';
import type { Syntax } from '../syntax';
import { numberArray, type NumberArray } from '../syntax/npy';
import type { Origin, View } from '../view';

/** Rows of the last dimension's numbers, with commas; empty is what is no number. */
type ArrayTable = Required<Pick<View, 'text' | 'restore' | 'sentence' | 'syntax' | 'origin'>>;

/** The table takes many times the memory of its array. */
const largest = 1 << 25;

/** The table of an NPY file of floats or of integers of several bytes, if it comes back; of other files none. */
export function arrayTable(bytes: Uint8Array): ArrayTable | undefined {
  const array = bytes.length > largest ? undefined : numberArray(bytes);
  if (!array) return undefined;
  const [whole, decimals] = [wholeNumbers(array), decimalNumbers(array)];
  // Whole numbers are worth a division where they are clearly shorter.
  const isShorter = whole && decimals && whole.text.length < 0.7 * decimals.text.length;
  const found = isShorter || !decimals ? [whole, decimals] : [decimals];
  return found
    .filter((table) => table !== undefined)
    .map(({ text, ...told }) => ({ ...told, text: Uint8Array.from(Buffer.from(text)) }))
    .map((table) => ({ ...table, syntax: syntaxOf(array), origin: originOf(table.text, array) }))
    .find(({ text, restore }) => comesBack(text, restore, bytes));
}

/** A table of one column has no delimiter to be told by, and none has names. */
const syntaxOf = ({ width }: NumberArray): Syntax => ({
  type: 'table',
  delimiter: 44,
  names: Array.from({ length: width }, (_, column) => String(column + 1)),
});

/** A number of the file for each cell, and the comma or line end behind it. */
const originOf =
  (table: Uint8Array, { placeOf, size }: NumberArray) =>
  (): Origin => {
    let cell = 0;
    const first = Uint32Array.from(table, (sign) => {
      const isEnd = sign === 44 || sign === 10;
      return placeOf(isEnd ? cell++ : cell);
    });
    return { first, bytes: size };
  };

/** A text, what brings the file back, and what is said of it. */
type Written = Pick<ArrayTable, 'restore' | 'sentence'> & { text: string };

const rowsOf = (cells: string[], width: number): string =>
  cells.reduce((row, next, k) => row + (k % width ? ',' : '\n') + next);

/** Floats as they are written, or as exponent, point and digits. */
function decimalNumbers({ kind, width, values, restore }: NumberArray): Written | undefined {
  if (kind !== 'f4' && kind !== 'f8') return undefined;
  const numbers = values.map(Number);
  const written = numbers.map(kind === 'f4' ? shortestSingle : (v) => v.toExponential());
  // Where plain numbers would need exponents, these come first and from 0 on, so that they are predicted like any column.
  const exponents = written.map((number) => Number(number.split('e')[1] ?? 0));
  const least = exponents.reduce((a, b) => Math.min(a, b));
  const isPlain = exponents.every((exponent) => exponent > -7 && exponent < 15);
  const cells = numbers.map((v, k) => {
    if (Number.isNaN(v)) return '';
    if (Object.is(v, -0)) return '-0';
    if (isPlain || v === 0 || !Number.isFinite(v)) return String(Number(written[k]));
    const [, sign, first, rest] = /(-?)(\d)\.?(\d*)/.exec(written[k])!;
    return `${sign}${exponents[k] - least}.${first}${rest}`;
  });
  const number = isPlain
    ? 't'
    : `t.replace(/(\\d+)\\.(.)(\\d*)/,(t,e,a,b)=>a+'.'+b+'e'+(e- ${-least}))`;
  return {
    text: rowsOf(cells, width),
    restore: restore(number),
    sentence: 'It is an array of floats that were decimals: its rows are a table.',
  };
}

/** Up to nine digits tell single precision apart; JavaScript itself only knows those of double. */
function shortestSingle(v: number): string {
  for (let n = 1; n < 9; n++) {
    const written = v.toExponential(n - 1);
    if (Math.fround(Number(written)) === v) return written;
  }
  return v.toExponential(8);
}

/** Integers, or what floats are multiples of; in columns where that is shorter as steps from row to row. */
function wholeNumbers({ kind, width, values, size, restore }: NumberArray): Written | undefined {
  const isFloat = kind === 'f4' || kind === 'f8';
  const denominator = isFloat ? denominatorOf(values.map(Number), kind === 'f4') : 1;
  if (denominator === undefined) return undefined;
  const integers = values.map((v) => {
    const k = isFloat ? Math.round(Number(v) * denominator) : v;
    return Number.isNaN(k) ? undefined : BigInt(k);
  });
  const steps = integers.map((v, k) => (v === undefined ? v : v - (integers[k - width] ?? 0n)));
  const isStepped = Array.from({ length: width }, (_, column) => {
    const [plain, stepped] = [integers, steps].map((cells) => costOf(cells, column, width));
    return stepped + leastSaved * Math.min(mostRows, values.length / width) < plain;
  });
  const cells = integers.map((v, k) => String((isStepped[k % width] ? steps[k] : v) ?? ''));
  const text = rowsOf(cells, width);
  // Digits that are many more than the bits that they come from tell nothing.
  if (text.length > 2 * size * values.length) return undefined;

  const isLong = kind === 'i8' || kind === 'u8';
  const zero = isLong ? '0n' : '0';
  const mask = isStepped.every(Boolean)
    ? ''
    : `'${isStepped.map(Number).join('')}'[k%${width}]>0&&`;
  const above = isStepped.some(Boolean) ? `+(${mask}v[k-${width}]||${zero})` : '';
  const number = isLong ? 'BigInt(t)' : '+t';
  const told = above ? `v[k]=${number}${above}` : number;
  return {
    text,
    restore: restore(denominator === 1 ? told : `(${told})/${denominator}`),
    sentence: `It is an array of ${isFloat && denominator > 1 ? `multiples of 1/${denominator}` : 'whole numbers'}: its rows are a table${above ? ', with steps from row to row' : ''}.`,
  };
}

/** Rows that are looked at to say whether a column is told by its steps. */
const mostRows = 6000;
/** Bits of a row that steps have to save, since numbers are also expected from the row above. */
const leastSaved = 0.5;

/** Bits of the cells of a column. */
function costOf(cells: (bigint | undefined)[], column: number, width: number): number {
  const numbers: number[] = [];
  for (let k = column; k < cells.length && numbers.length < mostRows; k += width)
    numbers.push(Number(cells[k] ?? 0));
  return adaptiveCost(numbers);
}

/** Small ones, what is measured with some bits, and what is counted in digits. */
const denominators = [
  ...Array.from({ length: 1000 }, (_, k) => k + 1),
  ...Array.from({ length: 7 }, (_, k) => [2 ** (k + 10) - 1, 2 ** (k + 10)]).flat(),
  ...Array.from({ length: 3 }, (_, k) => 10 ** (k + 4)),
];

/** The first that all numbers are whole multiples of the reciprocal of. */
function denominatorOf(numbers: number[], isSingle: boolean): number | undefined {
  return denominators.find((denominator) =>
    numbers.every((v) => {
      const k = Math.round(v * denominator);
      const quotient = isSingle ? Math.fround(k / denominator) : k / denominator;
      return Number.isNaN(v) || (quotient === v && Math.abs(k) <= Number.MAX_SAFE_INTEGER);
    }),
  );
}

/** Whether a program makes the file of the table, byte for byte. */
function comesBack(text: Uint8Array, restore: string, file: Uint8Array): boolean {
  const restored = evaluated<(text: Uint8Array) => Uint8Array>(restore);
  return Buffer.compare(restored(text), file) === 0;
}
