/** What HDF5 spends around the tensors of a Keras model, and what is left of it in a deflated archive. */
import { deflateRawSync } from 'node:zlib';
import { formatCount, plural } from '../count';
import { leastBytes, type Finding } from './finding';
import { openKeras, type Store } from './keras';
import type { ModelFile } from './modelFile';

/** As much around the tensors is deflated to see what would be left. */
const mostAround = 64 << 20;

/** Less than this share of the weights' files is not worth a finding. */
const leastShare = 0.01;

/** Finds names, places and free space of HDF5 that take a share of the file. */
export async function findInKeras(file: ModelFile): Promise<Finding[]> {
  const { stores } = await openKeras(file);
  let [own, values, tensors, left, all] = [0, 0, 0, 0, 0];
  // What is deflated already gains nothing.
  for (const store of stores.filter(({ packing }) => packing !== 'deflated')) {
    const around = await readAround(store);
    if (around === undefined) continue;
    const { length } = store.file;
    own += around.length;
    values += length - around.length;
    tensors += store.hdf5.datasets.length;
    left += deflateRawSync(around, { level: 9 }).length;
    all += length;
  }
  if (own < leastBytes || own < leastShare * all) return [];
  return [
    {
      type: 'container',
      message: `HDF5 spends ${formatCount(own)} bytes on names, places and free space around ${plural(tensors, 'tensor')} of ${formatCount(values)}.`,
      advice: stores.some(({ packing }) => packing === 'stored')
        ? 'Deflate the archive (unpack it, and zip -9 its files again): Keras loads it as it did.'
        : 'Save the model as .keras, and deflate that archive (unpack it, and zip -9 its files again), which Keras loads.',
      saves: own - left,
      tensors: [],
    },
  ];
}

/** The bytes that are in no tensor; undefined where tensors lie in chunks, of which it is not known where they are. */
async function readAround({ file, hdf5 }: Store): Promise<Uint8Array | undefined> {
  const stored = hdf5.datasets.filter((dataset) => dataset.stored > 0);
  const inChunks = stored.some(({ offset }) => offset === undefined);
  const values = stored.reduce((sum, dataset) => sum + dataset.stored, 0);
  if (inChunks || file.length - values > mostAround) return undefined;
  const pieces: Uint8Array[] = [];
  let at = 0;
  for (const { offset, stored: bytes } of stored.sort((a, b) => a.offset! - b.offset!)) {
    if (offset! > at) pieces.push(await file.read(at, offset! - at));
    at = Math.max(at, offset! + bytes);
  }
  pieces.push(await file.read(at, file.length - at));
  return Buffer.concat(pieces);
}
