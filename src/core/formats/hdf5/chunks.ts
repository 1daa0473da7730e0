/** The chunks of an HDF5 dataset: where in the file each is, and where in the dataset. */
import { formatCount, plural } from '../../count';
import { KolmoError } from '../../error';
import { sizeOf } from '../../shape';
import { mostTensors } from '../format';
import type { Hdf5Bytes } from './bytes';
import { readTree } from './groups';
import { readRecords } from './heap';
import type { Chunks } from './values';

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
  layout: Chunks;
  shape: number[];
  filtered: boolean;
  /** The dataset, as sentences call it. */
  where: string;
}

/** Lists the chunks that were written. */
export async function listChunks(file: Hdf5Bytes, chunked: Chunked): Promise<Chunk[]> {
  const { layout, shape, where } = chunked;
  const { address, chunk } = layout;
  if (address === undefined) return [];
  if (sizeOf(chunk) === 0 || chunk.length !== shape.length + 1) {
    throw new KolmoError(
      `${where} has chunks of [${chunk.join(', ')}], last the bytes of a value, in its shape [${shape.join(', ')}]. The file is damaged.`,
    );
  }
  const counts = shape.map((side, axis) => Math.ceil(side / chunk[axis]));
  const most = sizeOf(counts);
  const chunks = await readIndex(file, chunked, { address, counts });
  if (layout.index.type !== 'single' && chunks.length > most) {
    throw new KolmoError(
      `${where} lists ${plural(chunks.length, 'chunk')}, and its shape [${shape.join(', ')}] has place for ${formatCount(most)}. The file is damaged.`,
    );
  }
  if (!layout.plainEdges) return chunks;
  const isWhole = ({ origin }: Chunk): boolean =>
    origin.every((first, axis) => first + chunk[axis] <= shape[axis]);
  return chunks.map((each) => (isWhole(each) ? each : { ...each, spared: allFilters }));
}

const allFilters = -1;

/** @param counts of chunks along each axis */
async function readIndex(
  file: Hdf5Bytes,
  { layout: { index, chunk }, filtered, where }: Chunked,
  { address, counts }: { address: number; counts: number[] },
): Promise<Chunk[]> {
  const whole = sizeOf(chunk);
  const rank = counts.length;
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
      return [{ address, bytes, spared, origin: counts.map(() => 0) }];
    }
    case 'implicit': {
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
