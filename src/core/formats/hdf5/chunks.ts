/** How many bytes the chunks of an HDF5 dataset take in the file. */
import { KolmoError } from '../../error';
import { sizeOf } from '../../shape';
import type { Hdf5Bytes } from './bytes';
import { readTree } from './groups';
import { readRecords } from './heap';
import type { Layout } from './values';

interface Chunked {
  layout: Extract<Layout, { type: 'chunked' }>;
  shape: number[];
  filtered: boolean;
  /** The dataset, as sentences call it. */
  where: string;
}

export async function chunkBytes(
  file: Hdf5Bytes,
  { layout, shape, filtered, where }: Chunked,
): Promise<number> {
  const { index, address, chunk } = layout;
  if (address === undefined) return 0;
  // The last side is the bytes of a value.
  const whole = sizeOf(chunk);
  switch (index.type) {
    case 'btree': {
      // A key: bytes of the chunk, the filters that it was spared, and where it begins.
      const keyBytes = 8 + 8 * chunk.length;
      const leaves = await readTree(file, { type: 1, address, keyBytes });
      return leaves.reduce((sum, { key }) => sum + key.u32(), 0);
    }
    case 'single':
      return index.bytes ?? whole;
    case 'implicit':
      return whole * sizeOf(shape.map((side, i) => Math.ceil(side / Math.max(1, chunk[i]))));
    case 'btree2': {
      const records = await readRecords(file, address);
      // Address, bytes where there are filters, the filters that it was spared, and where it begins.
      const places = 8 * shape.length;
      return records.reduce((sum, record) => {
        if (!filtered) return sum + whole;
        record.skip(file.sizes.address);
        return sum + record.uint(record.left() - 4 - places);
      }, 0);
    }
    case 'unknown':
      throw new KolmoError(
        `${where} lists its chunks in an index that is not read (${index.name}): write the file without libver="latest".`,
      );
  }
}
