/** The values of an HDF5 dataset in chunks, as if they lay one after the other. */
import { inflateSync } from 'node:zlib';
import { formatCount } from '../../count';
import { KolmoError } from '../../error';
import { sizeOf } from '../../shape';
import { shorten } from '../format';
import type { Unpacked } from '../lastUnpacked';
import type { ModelFile } from '../modelFile';
import type { ByteSource } from '../summary';
import type { Chunk } from './chunks';

export interface ChunkedValues {
  name: string;
  shape: number[];
  /** Bytes of a value. */
  size: number;
  filters: string[];
  /** The bytes of each value that is in no chunk; empty where they are zeros. */
  fill: Uint8Array;
  chunks: Chunk[];
  /** Sides of a chunk. */
  chunkShape: number[];
}

/** Undoes a filter, or throws; @param most bytes that may come out */
type Undo = (bytes: Uint8Array, size: number, most: number) => Uint8Array;

const undoers: Record<string, Undo> = {
  gzip: (bytes, _size, most) => inflateSync(bytes, { maxOutputLength: most }),
  shuffle: unshuffle,
  fletcher32: dropChecksum,
};

const checksumBytes = 4;

/** The bytes before their checksum, which is over numbers of 16 bits; the last byte where they are odd is the high one of a number. */
function dropChecksum(bytes: Uint8Array): Uint8Array {
  const values = bytes.subarray(0, Math.max(0, bytes.length - checksumBytes));
  const fold = (sum: number): number => (sum & 0xffff) + (sum >>> 16);
  let [sum, sumOfSums] = [0, 0];
  for (let at = 0; at < values.length; at += 2) {
    sum = fold(sum + values[at] * 256 + (values[at + 1] ?? 0));
    sumOfSums = fold(sumOfSums + sum);
  }
  // Sums of 65535 stand for zero, too, and which of both is left depends on how often they are folded.
  const same = (stored: number, sum: number): boolean => stored % 0xffff === sum % 0xffff;
  const said = Buffer.from(bytes.subarray(values.length));
  if (said.length === checksumBytes && same(said.readUInt16LE(0), sum)) {
    if (same(said.readUInt16LE(2), sumOfSums)) return values;
  }
  throw new Error('its checksum does not fit');
}

/** Whether all that the values went through can be undone. */
export const isReadable = ({ filters }: Pick<ChunkedValues, 'filters'>): boolean =>
  filters.every((filter) => filter in undoers);

/** All first bytes of the values, then all second ones, and so on, put back together. */
function unshuffle(bytes: Uint8Array, size: number): Uint8Array {
  const count = Math.floor(bytes.length / size);
  // Bytes that make no whole value stay where they are.
  const values = new Uint8Array(bytes);
  for (let plane = 0; plane < size; plane++) {
    for (let i = 0; i < count; i++) values[i * size + plane] = bytes[plane * count + i];
  }
  return values;
}

/**
 * Unpacks all chunks when the first byte is read.
 * @param unpacked keeps the bytes until another tensor is read
 */
export function openChunks(
  file: ModelFile,
  values: ChunkedValues,
  unpacked: Unpacked,
): ByteSource & { name: string } {
  const length = sizeOf(values.shape) * values.size;
  const unpackWhole = (): Promise<Uint8Array> => unpackAll(file, values, length);
  return {
    name: `${file.name}, ${values.name}`,
    length,
    async read(offset, count) {
      return (await unpacked(unpackWhole)).subarray(offset, offset + count);
    },
  };
}

async function unpackAll(
  file: ModelFile,
  values: ChunkedValues,
  length: number,
): Promise<Uint8Array> {
  const dense = new Uint8Array(length);
  const { fill, size } = values;
  if (fill.length > 0 && fill.length !== size) {
    throw new KolmoError(
      `${file.name}: tensor “${shorten(values.name)}” has values of ${size} bytes, and fills up with one of ${formatCount(fill.length)}. The file is damaged.`,
    );
  }
  for (let at = 0; fill.length > 0 && at < length; at += size) dense.set(fill, at);
  for (const chunk of values.chunks) place(await unpack(file, values, chunk), chunk, values, dense);
  return dense;
}

async function unpack(
  file: ModelFile,
  { name, size, filters, chunkShape }: ChunkedValues,
  { address, bytes: stored, spared }: Chunk,
): Promise<Uint8Array> {
  const wanted = sizeOf(chunkShape) * size;
  const damaged = (why: string): KolmoError =>
    new KolmoError(
      `${file.name}: tensor “${shorten(name)}” has a chunk of ${formatCount(stored)} bytes at offset ${formatCount(address)} that ${why}. The file is damaged.`,
    );
  // What no filter shortens it makes a little longer.
  if (stored > 2 * wanted + 1024) throw damaged(`is to hold ${formatCount(wanted)}`);
  let bytes = await file.read(address, stored);
  for (let i = filters.length - 1; i >= 0; i--) {
    if (spared & (1 << i)) continue;
    try {
      bytes = undoers[filters[i]](bytes, size, wanted + checksumBytes * filters.length);
    } catch (error) {
      throw damaged(`cannot be unpacked: ${(error as Error).message}`);
    }
  }
  if (bytes.length === wanted) return bytes;
  throw damaged(`unpacks to ${formatCount(bytes.length)} bytes instead of ${formatCount(wanted)}`);
}

/** Copies the rows of a chunk to where they belong; those beyond the shape are filled up and left out. */
function place(
  bytes: Uint8Array,
  { origin }: Chunk,
  { shape, chunkShape, size }: ChunkedValues,
  dense: Uint8Array,
): void {
  const last = shape.length - 1;
  const row = (chunkShape[last] ?? 1) * size;
  const kept = Math.min(chunkShape[last] ?? 1, (shape[last] ?? 1) - (origin[last] ?? 0)) * size;
  for (let at = 0, index = 0; at < bytes.length; at += row, index++) {
    // Where the row begins on each axis but the last, from the last of them on.
    let [rest, to, stride] = [index, origin[last] ?? 0, shape[last] ?? 1];
    let inside = kept > 0;
    for (let axis = last - 1; axis >= 0; axis--) {
      const along = origin[axis] + (rest % chunkShape[axis]);
      rest = Math.floor(rest / chunkShape[axis]);
      inside &&= along < shape[axis];
      to += along * stride;
      stride *= shape[axis];
    }
    if (inside) dense.set(bytes.subarray(at, at + kept), to * size);
  }
}
