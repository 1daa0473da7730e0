/** The bytes of an HDF5 file: blocks of its metadata by address, read by pages, and the fields in a block. */
import { formatCount } from '../../count';
import { KolmoError } from '../../error';
import type { ModelFile } from '../modelFile';
import { readInPages } from '../pages';

/** Metadata lie scattered in small blocks, of which a page holds several. */
const pageBytes = 4096;

/** A longer block is damaged, or made to exhaust memory. */
const longestBlock = 64 << 20;

/** Bytes of an address, and of a length: files in which they have others are refused. */
export const addressBytes = 8;
export const lengthBytes = 8;

export interface Hdf5Bytes {
  /** The file's name, for sentences. */
  name: string;
  length: number;
  /** The fields of a block; throws where the file ends before it does. */
  block(offset: number, length: number): Promise<Fields>;
}

/** Little-endian fields, read one after the other; each throws where the block has ended. */
export interface Fields {
  /** Offset in the file of the next field. */
  position(): number;
  left(): number;
  skip(bytes: number): void;
  u8(): number;
  u16(): number;
  u32(): number;
  /** An unsigned number of up to 8 bytes; throws beyond 2^53, which no length or count exceeds. */
  uint(bytes: number): number;
  /** An unsigned number as long as lengths are. */
  size(): number;
  /** Undefined where it says that there is nothing. */
  address(): number | undefined;
  bytes(count: number): Uint8Array;
  /** The same, and then those that fill up a multiple of 8. */
  padded(count: number): Uint8Array;
  /** The fields of the next bytes, which are skipped. */
  part(count: number): Fields;
}

/** Opens a file from where its offsets count, which is where its first block begins. */
export function openBytes(file: ModelFile): Hdf5Bytes {
  const read = readInPages(file, pageBytes);
  return {
    name: file.name,
    length: file.length,
    async block(offset, length) {
      const cut = (end: number): KolmoError =>
        new KolmoError(
          `${file.name} ends at ${formatCount(end)} bytes: ${formatCount(length)} more were expected at offset ${formatCount(offset)}. The file is cut or damaged.`,
        );
      if (offset + length > file.length) throw cut(file.length);
      if (length > longestBlock) {
        throw new KolmoError(
          `${file.name} claims a block of ${formatCount(length)} bytes at offset ${formatCount(offset)}, longer than any of names and places. The file is damaged.`,
        );
      }
      const bytes = await read(offset, length);
      if (bytes.length < length) throw cut(offset + bytes.length);
      return fieldsOf(bytes, { name: file.name, offset });
    },
  };
}

interface Place {
  name: string;
  offset: number;
}

function fieldsOf(bytes: Uint8Array, { name, offset }: Place): Fields {
  let at = 0;
  const take = (count: number): Uint8Array => {
    if (!(count >= 0 && at + count <= bytes.length)) {
      throw new KolmoError(
        `${name}: a block of ${formatCount(bytes.length)} bytes at offset ${formatCount(offset)} ends before its fields do. The file is damaged.`,
      );
    }
    return bytes.subarray(at, (at += count));
  };
  function uint(count: number): number {
    const start = offset + at;
    const value = take(count).reduceRight((sum, byte) => sum * 256 + byte, 0);
    if (value <= Number.MAX_SAFE_INTEGER) return value;
    throw new KolmoError(
      `${name} holds the number ${formatCount(value)} at offset ${formatCount(start)}, where a length or a count belongs: the file is damaged.`,
    );
  }
  return {
    position: () => offset + at,
    left: () => bytes.length - at,
    skip: (count) => void take(count),
    u8: () => take(1)[0],
    u16: () => uint(2),
    u32: () => uint(4),
    uint,
    size: () => uint(lengthBytes),
    address() {
      const next = bytes.subarray(at, at + addressBytes);
      if (next.length < addressBytes || next.some((byte) => byte !== 0xff)) {
        return uint(addressBytes);
      }
      at += addressBytes;
      return undefined;
    },
    bytes: take,
    padded(count) {
      const found = take(count);
      take(-count & 7);
      return found;
    },
    part(count) {
      const start = offset + at;
      return fieldsOf(take(count), { name, offset: start });
    },
  };
}

/** A block that begins with four letters, which are skipped; throws where it does not. */
export async function signedBlock(
  file: Hdf5Bytes,
  signature: string,
  offset: number,
  length: number,
): Promise<Fields> {
  const fields = await file.block(offset, length);
  const found = fields.bytes(4);
  if (String.fromCharCode(...found) === signature) return fields;
  const hex = [...found].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
  throw new KolmoError(
    `${file.name}: expected ${signature} at offset ${formatCount(offset)}, found ${hex}. The file is damaged.`,
  );
}
