/** NPY arrays of floats as a table of decimals: what was written with 15 digits once costs 15 digits, and rows are seen as rows. */
import { sizeOf } from '../shape';
import type { Origin } from './views';

interface DecimalTable {
  /** Rows of the last dimension's numbers, with commas; a number is written as it is, or as exponent, point and digits. */
  text: Uint8Array;
  /** Source of a function of the text that gives the file. */
  restore: string;
  /** A number of the file for each cell, and the comma or line end behind it. */
  origin: () => Origin;
}

const types = { '<f4': Float32Array, '<f8': Float64Array };

/** The table takes many times the memory of its array. */
const largest = 1 << 25;

/** The table of an NPY file (format version 1.0) of finite floats; of other files none. */
export function decimalTable(bytes: Uint8Array): DecimalTable | undefined {
  if (bytes[0] !== 0x93 || bytes[1] !== 0x4e || bytes[6] !== 1 || bytes.length > largest)
    return undefined;
  const start = 10 + bytes[8] + 256 * bytes[9];
  const header = Buffer.from(bytes.subarray(0, start)).toString('latin1');
  const [, kind, order, shape] =
    /'descr': '(<f[48])', 'fortran_order': (True|False), 'shape': \(([\d, ]+)\)/.exec(header) ?? [];
  if (!(kind in types)) return undefined;
  const type = types[kind as keyof typeof types];
  const sizes = shape.match(/\d+/g)!.map(Number);
  const count = sizeOf(sizes);
  const width = sizes.length > 1 ? sizes.at(-1)! : 1;
  const transposed = order === 'True' && sizes.length === 2;
  if (count === 0 || start + count * type.BYTES_PER_ELEMENT !== bytes.length) return undefined;
  const values = new type(bytes.slice(start).buffer);
  if (!values.every(Number.isFinite)) return undefined;

  const shortest = (v: number): string => {
    // Up to nine digits tell single precision apart; JavaScript itself only knows those of double.
    for (let n = 1; type === Float32Array && n < 9; n++) {
      const written = v.toExponential(n - 1);
      if (Math.fround(Number(written)) === v) return written;
    }
    return type === Float32Array ? v.toExponential(8) : v.toExponential();
  };
  const written = Array.from(values, shortest);
  // Where plain numbers would need exponents, these come first and from 0 on, so that they are predicted like any column.
  const exponents = written.map((number) => Number(number.split('e')[1]));
  const least = exponents.reduce((a, b) => Math.min(a, b));
  const plain = exponents.every((exponent) => exponent > -7 && exponent < 15);
  const cell = (k: number): string => {
    if (Object.is(values[k], -0)) return '-0';
    if (plain || values[k] === 0) return String(Number(written[k]));
    const [, sign, first, rest] = /(-?)(\d)\.?(\d*)/.exec(written[k])!;
    return `${sign}${exponents[k] - least}.${first}${rest}`;
  };
  const placeOf = placesIn({ count, width, transposed });
  const cells = Array.from({ length: count }, (_, k) => cell(placeOf(k)));
  const text = cells.reduce((row, next, k) => row + (k % width ? ',' : '\n') + next);
  const number = plain
    ? 't'
    : `t.replace(/(\\d+)\\.(.)(\\d*)/,(t,e,a,b)=>a+'.'+b+'e'+(e- ${-least}))`;
  const at = transposed ? `k%${width}*${count / width}+k/${width}|0` : 'k';
  const restore = `b=>{let v=new ${type.name}(${count}),h=${JSON.stringify(header)},o=new Uint8Array(${bytes.length});new TextDecoder().decode(b).split(/[,\\n]/).map((t,k)=>v[${at}]=${number});o.set([...h].map(c=>c.charCodeAt()));o.set(new Uint8Array(v.buffer),${start});return o}`;
  const table = Uint8Array.from(Buffer.from(text));
  const origin = originOf(table, start, type.BYTES_PER_ELEMENT, placeOf);
  return { text: table, restore, origin };
}

/** Where in its array the number of each cell is. */
const placesIn =
  ({ count, width, transposed }: { count: number; width: number; transposed: boolean }) =>
  (cell: number): number =>
    transposed ? (cell % width) * (count / width) + Math.floor(cell / width) : cell;

const originOf =
  (table: Uint8Array, start: number, bytes: number, placeOf: (cell: number) => number) =>
  (): Origin => {
    let cell = 0;
    const first = Uint32Array.from(table, (sign) => {
      const isEnd = sign === 44 || sign === 10;
      return start + bytes * placeOf(isEnd ? cell++ : cell);
    });
    return { first, bytes };
  };
