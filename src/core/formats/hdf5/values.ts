/** What the messages of an HDF5 dataset say: its shape, the type of its values, where they are and how they are packed. */
import { formatCount } from '../../count';
import { KolmoError } from '../../error';
import type { Fields } from './bytes';

/** The sides of a dataspace; an empty one has a side of 0. */
export function readShape(fields: Fields): number[] {
  const version = fields.u8();
  const rank = fields.u8();
  fields.skip(1);
  const kind = fields.u8();
  if (version === 1) fields.skip(4);
  else if (kind === 2) return [0];
  return Array.from({ length: rank }, () => fields.size());
}

export interface ValueType {
  /** As NumPy names it: `float32`, `int8`, `bool`, `void16`… */
  dtype: string;
  /** Bytes of a value. */
  size: number;
  littleEndian: boolean;
}

const classes = { integer: 0, float: 1, string: 3, opaque: 5, compound: 6, enumeration: 8 };
const otherClasses: Record<number, string> = {
  2: 'time',
  4: 'bits',
  7: 'reference',
  9: 'string',
  10: 'array',
  11: 'complex',
};

/** Small floating point types that have a name of their own, by exponent and fraction bits. */
const floats: Record<string, string> = {
  '8 7': 'bfloat16',
  '4 3': 'float8_e4m3fn',
  '5 2': 'float8_e5m2',
};

/** The type of a dataset's values, by the name that NumPy has for it, or the class of HDF5 where it has none. */
export function readType(fields: Fields): ValueType {
  const kind = fields.u8() & 15;
  const flags = fields.u8();
  fields.skip(2);
  const size = fields.u32();
  const littleEndian = (flags & 1) === 0;
  const bits = size * 8;
  const named = (dtype: string): ValueType => ({ dtype, size, littleEndian });
  switch (kind) {
    case classes.integer:
      fields.skip(4);
      return named(`${flags & 8 ? 'int' : 'uint'}${bits}`);
    case classes.float: {
      fields.skip(5);
      const exponent = fields.u8();
      fields.skip(1);
      const fraction = fields.u8();
      fields.skip(4);
      return named(floats[`${exponent} ${fraction}`] ?? `float${bits}`);
    }
    case classes.string:
      return named('string');
    case classes.opaque:
      return named(`void${bits}`);
    case classes.compound: {
      // Two members, the first of which is called r: complex numbers as h5py writes them.
      const first = fields.bytes(Math.min(2, fields.left()));
      return named(
        flags === 2 && first[0] === 0x72 && first[1] === 0 ? `complex${bits}` : 'compound',
      );
    }
    case classes.enumeration: {
      const base = readType(fields);
      const members = new TextDecoder('latin1').decode(fields.bytes(fields.left()));
      return flags === 2 && members.startsWith('FALSE\0') ? named('bool') : { ...base, size };
    }
    default:
      return named(otherClasses[kind] ?? `class${kind}`);
  }
}

export type Layout =
  | { type: 'compact'; offset: number; bytes: number }
  | { type: 'contiguous'; address: number | undefined; bytes: number | undefined }
  | Chunks
  | { type: 'virtual' };

export interface Chunks {
  type: 'chunked';
  index: ChunkIndex;
  address: number | undefined;
  /** Its sides, the last of which is the bytes of a value. */
  chunk: number[];
  /** Whether chunks that reach beyond the shape went through no filter. */
  plainEdges: boolean;
}

/** How the chunks of a dataset are listed. */
export type ChunkIndex =
  | { type: 'btree' }
  /** One chunk; where it went through filters, its bytes and those that it was spared. */
  | { type: 'single'; bytes?: number; spared?: number }
  | { type: 'implicit' }
  | { type: 'btree2' }
  | { type: 'unknown'; name: string };

const layoutTypes = ['compact', 'contiguous', 'chunked', 'virtual'] as const;

/** @param where the dataset is, as sentences call it */
export function readLayout(fields: Fields, where: string): Layout {
  const version = fields.u8();
  if (version < 1 || version > 5) {
    throw new KolmoError(
      `${where} has its values in the layout of version ${version} at offset ${formatCount(fields.position() - 1)}: 1 to 5 are read.`,
    );
  }
  if (version < 3) return readOldLayout(fields);
  const type = layoutTypes[fields.u8()];
  switch (type) {
    case 'compact': {
      const bytes = fields.u16();
      return { type, offset: fields.position(), bytes };
    }
    case 'contiguous':
      return { type, address: fields.address(), bytes: fields.size() };
    case 'chunked': {
      if (version > 3) return readNewChunks(fields);
      const rank = fields.u8();
      const address = fields.address();
      const chunk = Array.from({ length: rank }, () => fields.u32());
      return { type, index: { type: 'btree' }, address, chunk, plainEdges: false };
    }
    case 'virtual':
      return { type };
    default:
      throw new KolmoError(
        `${where} has its values in a layout that is not known, at offset ${formatCount(fields.position() - 1)}. The file is damaged.`,
      );
  }
}

/** Before HDF5 1.6.3. */
function readOldLayout(fields: Fields): Layout {
  const rank = fields.u8();
  const type = layoutTypes[fields.u8()];
  fields.skip(5);
  const address = type === 'compact' ? undefined : fields.address();
  const sides = Array.from({ length: rank }, () => fields.u32());
  if (type === 'compact') {
    const bytes = fields.u32();
    return { type, offset: fields.position(), bytes };
  }
  if (type === 'chunked') {
    return { type, index: { type: 'btree' }, address, chunk: sides, plainEdges: false };
  }
  return { type: 'contiguous', address, bytes: undefined };
}

function readNewChunks(fields: Fields): Layout {
  const flags = fields.u8();
  const rank = fields.u8();
  const width = fields.u8();
  const chunk = Array.from({ length: rank }, () => fields.uint(width));
  const index = readIndex(fields, (flags & 2) !== 0);
  const plainEdges = (flags & 1) !== 0;
  return { type: 'chunked', index, address: fields.address(), chunk, plainEdges };
}

function readIndex(fields: Fields, filtered: boolean): ChunkIndex {
  const number = fields.u8();
  switch (number) {
    case 1: {
      if (!filtered) return { type: 'single' };
      return { type: 'single', bytes: fields.size(), spared: fields.u32() };
    }
    case 2:
      return { type: 'implicit' };
    case 3:
      fields.skip(1);
      return { type: 'unknown', name: 'fixed array' };
    case 4:
      fields.skip(5);
      return { type: 'unknown', name: 'extensible array' };
    case 5:
      fields.skip(6);
      return { type: 'btree2' };
    default:
      return { type: 'unknown', name: String(number) };
  }
}

/** The bytes of a value that nobody wrote; none where it is zero, or was not said. */
export function readFill(fields: Fields): Uint8Array {
  const version = fields.u8();
  let said: boolean;
  if (version < 3) {
    fields.skip(2);
    said = fields.u8() !== 0 || version === 1;
  } else said = (fields.u8() & 0x20) !== 0;
  const fill = said ? fields.bytes(fields.u32()) : new Uint8Array();
  return fill.some((byte) => byte !== 0) ? fill : new Uint8Array();
}

const filterNames: Record<number, string> = {
  1: 'gzip',
  2: 'shuffle',
  3: 'fletcher32',
  4: 'szip',
  5: 'nbit',
  6: 'scaleoffset',
  32000: 'lzf',
  32001: 'blosc',
  32004: 'lz4',
  32008: 'bitshuffle',
  32013: 'zfp',
  32015: 'zstd',
  32026: 'blosc2',
};

/** The filters that values go through before they are stored, the first one first. */
export function readFilters(fields: Fields): string[] {
  const version = fields.u8();
  const count = fields.u8();
  if (version === 1) fields.skip(6);
  return Array.from({ length: count }, () => {
    const id = fields.u16();
    const nameLength = version === 1 || id >= 256 ? fields.u16() : 0;
    fields.skip(2);
    const values = fields.u16();
    if (version === 1) fields.padded(nameLength);
    else fields.skip(nameLength);
    fields.skip(4 * values + (version === 1 && values % 2 === 1 ? 4 : 0));
    return filterNames[id] ?? `filter ${id}`;
  });
}
