/** FlatBuffers, read where they lie (https://flatbuffers.dev/internals/). */
import { formatCount } from '../count';
import { KolmoError } from '../error';
import { longestName } from './format';
import type { ModelFile } from './modelFile';
import { readInPages } from './pages';

/** The table that a file begins with. */
export async function rootTable(file: ModelFile): Promise<Table> {
  const bytes = createPages(file);
  return table(bytes, await bytes.u32(0));
}

/** What to throw where the file says at `offset` what no writer says. */
export function damaged(file: ModelFile, offset: number, what: string): never {
  throw new KolmoError(`${file.name}, offset ${offset}: ${what}. The file is cut or damaged.`);
}

/** Random access by small reads, a page of 64 KiB at a time. */
interface Pages {
  file: ModelFile;
  u32(offset: number): Promise<number>;
  read(offset: number, length: number): Promise<DataView>;
}

function createPages(file: ModelFile): Pages {
  const readPaged = readInPages(file, 1 << 16);
  const read = async (offset: number, length: number): Promise<DataView> => {
    if (offset < 0 || offset + length > file.length) {
      damaged(file, offset, `${length} bytes were expected, the file has ${file.length}`);
    }
    const bytes = await readPaged(offset, length);
    return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  };
  return { file, read, u32: async (offset) => (await read(offset, 4)).getUint32(0, true) };
}

/** A FlatBuffer table: fields by number, absent ones have their default. */
export interface Table {
  u8(field: number, absent: number): Promise<number>;
  u32(field: number, absent: number): Promise<number>;
  u64(field: number): Promise<number>;
  text(field: number): Promise<string>;
  has(field: number): Promise<boolean>;
  vector(field: number): Promise<Vector>;
  /** Undefined where it is absent. */
  table(field: number): Promise<Table | undefined>;
}

export interface Vector {
  /** Offset of the first entry. */
  start: number;
  length: number;
  i32(index: number): Promise<number>;
  /** All of them, as they are in a vector of 64-bit integers. */
  i64s(): Promise<number[]>;
  /** All of them, as they are in a vector of float32. */
  f32s(): Promise<number[]>;
  table(index: number): Promise<Table>;
}

async function table(bytes: Pages, position: number): Promise<Table> {
  const directory = position - (await bytes.read(position, 4)).getInt32(0, true);
  const size = (await bytes.read(directory, 2)).getUint16(0, true);
  const locate = async (field: number): Promise<number> => {
    const at = 4 + 2 * field;
    if (at + 2 > size) return 0;
    const offset = (await bytes.read(directory + at, 2)).getUint16(0, true);
    return offset === 0 ? 0 : position + offset;
  };
  const target = async (field: number): Promise<number> => {
    const at = await locate(field);
    return at === 0 ? 0 : at + (await bytes.u32(at));
  };
  return {
    async u8(field, absent) {
      const at = await locate(field);
      return at === 0 ? absent : (await bytes.read(at, 1)).getUint8(0);
    },
    async u32(field, absent) {
      const at = await locate(field);
      return at === 0 ? absent : bytes.u32(at);
    },
    async u64(field) {
      const at = await locate(field);
      return at === 0 ? 0 : Number((await bytes.read(at, 8)).getBigUint64(0, true));
    },
    has: async (field) => (await locate(field)) !== 0,
    async text(field) {
      const at = await target(field);
      if (at === 0) return '';
      const length = Math.min(await bytes.u32(at), longestName);
      return new TextDecoder().decode(await bytes.read(at + 4, length));
    },
    async table(field) {
      const at = await target(field);
      return at === 0 ? undefined : table(bytes, at);
    },
    async vector(field) {
      const at = await target(field);
      return at === 0 ? vector(bytes, 0, 0) : vector(bytes, at + 4, await bytes.u32(at));
    },
  };
}

function vector(bytes: Pages, start: number, length: number): Vector {
  if (start + length > bytes.file.length) {
    damaged(bytes.file, start, `a list of ${formatCount(length)} entries does not fit`);
  }
  /** The numbers of `size` bytes each. */
  const numbers = async (size: number): Promise<DataView> => bytes.read(start, size * length);
  return {
    start,
    length,
    i32: async (index) => (await bytes.read(start + 4 * index, 4)).getInt32(0, true),
    async i64s() {
      const view = await numbers(8);
      return Array.from({ length }, (_, i) => Number(view.getBigInt64(8 * i, true)));
    },
    async f32s() {
      const view = await numbers(4);
      return Array.from({ length }, (_, i) => view.getFloat32(4 * i, true));
    },
    async table(index) {
      const at = start + 4 * index;
      return table(bytes, at + (await bytes.u32(at)));
    },
  };
}
