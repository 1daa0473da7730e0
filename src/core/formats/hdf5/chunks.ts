/** The chunks of an HDF5 dataset: where in the file each is, and where in the dataset. */
import { formatCount } from '../../count';
import { KolmoError } from '../../error';
import { sizeOf } from '../../shape';
import { mostTensors } from '../format';
import type { Hdf5Bytes } from './bytes';
import { readTree } from './groups';
import { readRecords } from './heap';
import type { Layout } from './values';

export interface Chunk {
  address: number;
  /** Bytes in the file. */
  bytes: number;
  /** A bit for each filter that this chunk did not go through. */
  spared: number;
  /** Its first value's place on each axis. */
  origin: number[];
}

interface Chunked {
  layout: Extract<Layout, { type: 'chunked' }>;
  shape: number[];
  filtered: boolean;
  /** The dataset, as sentences call it. */
  where: string;
}

/** Lists the chunks that were written. */
export async function listChunks(
  file: Hdf5Bytes,
  { layout, shape, filtered, where }: Chunked,
): Promise<Chunk[]> {
  const { index, address, chunk } = layout;
  if (address === undefined) return [];
  // The last side is the bytes of a value.
  const whole = sizeOf(chunk);
  const rank = shape.length;
  if (whole === 0 || chunk.length !== rank + 1) {
    throw new KolmoError(
      `${where} has chunks of [${chunk.join(', ')}], last the bytes of a value, in its shape [${shape.join(', ')}]. The file is damaged.`,
    );
  }
  switch (index.type) {
    case 'btree': {
      // A key: bytes of the chunk, the filters that it was spared, and where it begins.
      const leaves = await readTree(file, { type: 1, address, keyBytes: 8 + 8 * chunk.length });
      return leaves.map(({ key, child }) => ({
        address: child,
        bytes: key.u32(),
        spared: key.u32(),
        origin: Array.from({ length: rank }, () => key.uint(8)),
      }));
    }
    case 'single': {
      const { bytes = whole, spared = 0 } = index;
      return [{ address, bytes, spared, origin: shape.map(() => 0) }];
    }
    case 'implicit': {
      const counts = shape.map((side, i) => Math.ceil(side / chunk[i]));
      const count = sizeOf(counts);
      if (count > mostTensors) {
        throw new KolmoError(`${where} claims ${formatCount(count)} chunks. The file is damaged.`);
      }
      return Array.from({ length: count }, (_, i) => ({
        address: address + i * whole,
        bytes: whole,
        spared: 0,
        origin: counts.map(
          (along, axis) => (Math.floor(i / sizeOf(counts.slice(axis + 1))) % along) * chunk[axis],
        ),
      }));
    }
    case 'btree2': {
      // Address, then of packed ones bytes and the filters that they were spared, and where it begins, in chunks.
      const records = await readRecords(file, address);
      return records.map((record) => ({
        address: record.address() ?? file.length,
        bytes: filtered ? record.uint(record.left() - 4 - 8 * rank) : whole,
        spared: filtered ? record.u32() : 0,
        origin: Array.from({ length: rank }, (_, axis) => record.uint(8) * chunk[axis]),
      }));
    }
    case 'unknown':
      throw new KolmoError(
        `${where} lists its chunks in an index that is not read (${index.name}): write the file without libver="latest".`,
      );
  }
}
