/** What HDF5 spends around the tensors of a Keras model, and what is left of it in a deflated archive. */
import { deflateRawSync } from 'node:zlib';
import { formatCount, plural } from '../count';
import { isLarge, type Finding } from './finding';
import { isDeflated, openKeras, type Store } from './keras';
import type { ModelFile } from './modelFile';

/** As much around the tensors is deflated to see what would be left. */
const mostAround = 64 << 20;

/** Finds names, places, settings and free space of HDF5 that take a share of the file. */
export async function findInKeras(file: ModelFile): Promise<Finding[]> {
  // What is deflated already gains nothing.
  if (await isDeflated(file)) return [];
  const { stores } = await openKeras(file);
  let [own, values, tensors, left, all] = [0, 0, 0, 0, 0];
  for (const store of stores) {
    const around = await readAround(store);
    if (around === undefined) continue;
    const { length } = store.hdf5.file;
    own += around.length;
    values += length - around.length;
    tensors += store.hdf5.datasets.length;
    left += deflateRawSync(around, { level: 9 }).length;
    all += length;
  }
  if (!isLarge(own, all)) return [];
  return [
    {
      type: 'container',
      message: `HDF5 spends ${formatCount(own)} bytes on names, places, settings and free space around ${plural(tensors, 'tensor')} of ${formatCount(values)}.`,
      advice: stores.some(({ archived }) => archived)
        ? 'Deflate the archive (unpack it, and zip -9 its files again): Keras loads it as it did.'
        : 'Save the model as .keras, and deflate that archive (unpack it, and zip -9 its files again), which Keras loads.',
      saves: own - left,
      tensors: [],
    },
  ];
}

/** The bytes that are in no tensor; undefined where there are too many. */
async function readAround({ hdf5: { file, datasets } }: Store): Promise<Uint8Array | undefined> {
  const places = datasets.flatMap(({ offset, stored, chunks }) =>
    offset === undefined ? chunks : [{ address: offset, bytes: stored }],
  );
  const gaps: { at: number; bytes: number }[] = [];
  let at = 0;
  for (const { address, bytes } of places.sort((a, b) => a.address - b.address)) {
    if (address > at) gaps.push({ at, bytes: address - at });
    at = Math.max(at, address + bytes);
  }
  if (file.length > at) gaps.push({ at, bytes: file.length - at });
  // Damaged files have places that overlap, so that the bytes of all places tell nothing.
  if (gaps.reduce((sum, { bytes }) => sum + bytes, 0) > mostAround) return undefined;
  const pieces: Uint8Array[] = [];
  for (const gap of gaps) pieces.push(await file.read(gap.at, gap.bytes));
  return Buffer.concat(pieces);
}
