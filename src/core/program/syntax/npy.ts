/** NPY arrays of numbers of several bytes as rows of cells, and the source that writes the file of its cells. */
import { sizeOf } from '../../shape';

/** How a DataView names a kind of number, and of floats how it reads the bits of one. */
const kinds = {
  f4: { type: 'Float32', bits: 'Uint32' },
  f8: { type: 'Float64', bits: 'BigUint64' },
  i2: { type: 'Int16' },
  i4: { type: 'Int32' },
  i8: { type: 'BigInt64' },
  u2: { type: 'Uint16' },
  u4: { type: 'Uint32' },
  u8: { type: 'BigUint64' },
} as const;

export interface NumberArray {
  kind: keyof typeof kinds;
  /** Numbers of a row. */
  width: number;
  /** Row by row, in whatever order the file has them. */
  values: (number | bigint)[];
  /** Where in the file the value of a number is, and of how many bytes each is. */
  placeOf: (k: number) => number;
  size: number;
  /**
   * Source of a function of the table that gives the file: `value` is an expression of a cell `t`, its number `k` and the array
   * `v`, which is empty. An empty cell is what is missing.
   */
  restore: (value: string) => string;
}

/** The array of an NPY file (format version 1.0) that it fills; of other files none. */
export function numberArray(bytes: Uint8Array): NumberArray | undefined {
  const header = npyHeader(bytes);
  if (!header) return undefined;
  const { start, isFortran, sizes } = header;
  const [endian, kind] = [header.type[0], header.type.slice(1)];
  if (endian === '|' || !isKind(kind)) return undefined;
  const { type, ...float } = kinds[kind];
  const size = Number(kind[1]);
  const count = sizeOf(sizes);
  const width = sizes.length > 1 ? sizes.at(-1)! : 1;
  const height = count / width;
  const isTransposed = isFortran && sizes.length === 2;
  if (count === 0 || start + count * size !== bytes.length) return undefined;

  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const isLittle = endian === '<';
  const placeOf = (k: number): number =>
    start + size * (isTransposed ? (k % width) * height + Math.floor(k / width) : k);
  const values = Array.from({ length: count }, (_, k) => view[`get${type}`](placeOf(k), isLittle));
  const hole = values.findIndex(Number.isNaN);
  const bits = 'bits' in float && hole >= 0 ? view[`get${float.bits}`](placeOf(hole), isLittle) : 0;
  const missing = typeof bits === 'bigint' ? `${bits}n` : String(bits);

  const place = `${start}+${size}*(${isTransposed ? `k%${width}*${height}+k/${width}|0` : 'k'})`;
  const set = (as: string, value: string): string =>
    `d.set${as}(${place},${value}${isLittle ? ',1' : ''})`;
  const restore = (value: string): string => {
    const number = set(type, value);
    const cell = 'bits' in float && hole >= 0 ? `t?${number}:${set(float.bits, missing)}` : number;
    return `b=>{let v=[],o=new Uint8Array(${bytes.length}),d=new DataView(o.buffer);o.set([...${JSON.stringify(header.text)}].map(c=>c.charCodeAt()));new TextDecoder().decode(b).split(/[,\\n]/).map((t,k)=>${cell});return o}`;
  };
  return { kind, width, values, placeOf, size, restore };
}

const isKind = (kind: string): kind is keyof typeof kinds => Object.hasOwn(kinds, kind);

interface NpyHeader {
  /** All bytes before the values, one a character, and how many they are. */
  text: string;
  start: number;
  /** The byte order, `|` where there is none, and what the numbers are. */
  type: string;
  isFortran: boolean;
  sizes: number[];
}

/** The header of an NPY file (format version 1.0) of an array of at least one dimension; of other files none. */
export function npyHeader(bytes: Uint8Array): NpyHeader | undefined {
  const latin = (end: number): string => Buffer.from(bytes.subarray(0, end)).toString('latin1');
  if (latin(7) !== '\x93NUMPY\x01') return undefined;
  const start = 10 + bytes[8] + 256 * bytes[9];
  const text = latin(start);
  const [, type, order, shape] =
    /'descr': '([<>|]\w+)', 'fortran_order': (True|False), 'shape': \(([\d, ]+)\)/.exec(text) ?? [];
  const sizes = shape?.match(/\d+/g)?.map(Number);
  return sizes && { text, start, type, isFortran: order === 'True', sizes };
}
