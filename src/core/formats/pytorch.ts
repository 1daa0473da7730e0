/** PyTorch: storages, and a pickle that names them; the pickle is read as data and never executed. */
import { formatCount, plural } from '../count';
import { KolmoError } from '../error';
import { sizeOf } from '../shape';
import { countParameters, denseBytes, summarise, type Format, type LocatedTensor } from './format';
import type { ModelFile } from './modelFile';
import type { TensorSummary } from './summary';
import { isTorch, openTorchFile, type StoredBytes, type TorchFile } from './torchFile';
import { findTorchTensors, type TorchTensor } from './torchTensors';
import { readValues } from './values';

export const pytorch: Format = {
  title: 'PyTorch',
  extensions: ['.pt', '.pth', '.ckpt', 'pytorch_model.bin'],
  magic: isTorch,
  async read(file) {
    const opened = await openTorchFile(file);
    try {
      return await readTensors(file, opened);
    } catch (error) {
      if (!(error instanceof KolmoError)) throw error;
      // The directory still tells where the bytes are.
      return summarise(listStorages(opened.storages), [
        `Names and types are unknown: ${error.message}`,
        'Sizes are those of the storages in the archive, counted as bytes.',
      ]);
    }
  },
  async locate(file) {
    const { root, storages } = await openTorchFile(file);
    const located: LocatedTensor[] = [];
    for (const tensor of findTorchTensors(await root())) {
      const place = await locateTensor(file, tensor, storages);
      if (!place) continue;
      located.push({ ...place, ...(await readScaling(file, tensor, storages)) });
    }
    return located;
  },
};

async function locateTensor(
  file: ModelFile,
  { name, dtype, shape, storage, first, order }: TorchTensor,
  storages: Map<string, StoredBytes>,
): Promise<LocatedTensor | undefined> {
  const parameters = countParameters(shape, name, file.name);
  const bytes = denseBytes(dtype, parameters);
  const holder = storages.get(storage);
  const start = await holder?.offset();
  // Values with gaps between them are not told apart from their neighbours.
  if (bytes === undefined || !holder || start === undefined || first === undefined)
    return undefined;
  const skipped = denseBytes(dtype, first)!;
  if (skipped + bytes > holder.size) return undefined;
  return { name, dtype, parameters, bytes, file, offset: start + skipped, ...(order && { order }) };
}

/** What the numbers of a quantized tensor stand for. */
async function readScaling(
  file: ModelFile,
  { scaling, shape, order }: TorchTensor,
  storages: Map<string, StoredBytes>,
): Promise<Pick<LocatedTensor, 'coding' | 'parts' | 'unscaled'>> {
  if (scaling === undefined) return {};
  if (scaling === 'unread') return { unscaled: true };
  if ('scale' in scaling) {
    const [scales, zeroPoints] = [[Math.fround(scaling.scale)], [scaling.zeroPoint]];
    return { coding: { type: 'quantized', scales, zeroPoints, inner: 1 } };
  }
  const [scales, zeroPoints] = await Promise.all(
    [scaling.scales, scaling.zeroPoints].map(async (tensor) => {
      const place = await locateTensor(file, tensor, storages);
      return place && readValues(place);
    }),
  );
  if (!scales || !zeroPoints) return { unscaled: true };
  const axes = order ?? shape.map((_, axis) => axis);
  const inner = sizeOf(axes.slice(axes.indexOf(scaling.axis) + 1).map((axis) => shape[axis]));
  return {
    coding: {
      type: 'quantized',
      // PyTorch keeps scales in double precision, and multiplies in single.
      scales: Array.from(scales, Math.fround),
      zeroPoints: Array.from(zeroPoints),
      inner,
    },
    parts: [scaling.scales.name, scaling.zeroPoints.name],
  };
}

/** A storage of which tensors show only a part, and which is saved whole all the same. */
export interface PartlyUsed {
  tensors: string[];
  /** Bytes that no tensor shows. */
  idle: number;
}

/** Finds the storages that are larger than the tensors in them. */
export async function findPartlyUsed(file: ModelFile): Promise<PartlyUsed[]> {
  const { root, storages } = await openTorchFile(file);
  return shareOut(file, findTorchTensors(await root()), storages).partly;
}

async function readTensors(
  file: ModelFile,
  { root, storages, pickleBytes }: TorchFile,
): ReturnType<Format['read']> {
  const found = findTorchTensors(await root());
  const { tensors, partly } = shareOut(file, found, storages);
  const used = new Set(found.map(({ storage }) => storage));
  const notes: string[] = [];
  const shared = found.length - used.size;
  if (shared > 0) {
    notes.push(
      `${plural(shared, 'tensor')} ${shared === 1 ? 'shares' : 'share'} the storage of another.`,
    );
  }
  if (partly.length > 0) {
    const bytes = partly.reduce((sum, { idle }) => sum + idle, 0);
    notes.push(
      `${formatCount(bytes)} bytes of storages are in the file, and no tensor shows them: a view is saved with all that it is a view of.`,
    );
  }
  const unnamed = [...storages].filter(([key]) => !used.has(key));
  if (unnamed.length > 0) {
    const bytes = unnamed.reduce((sum, [, { stored }]) => sum + stored, 0);
    notes.push(
      `${plural(unnamed.length, 'storage')} of ${formatCount(bytes)} bytes ${unnamed.length === 1 ? 'belongs' : 'belong'} to no named tensor.`,
    );
  }
  if (pickleBytes > leastPickle && pickleBytes * 10 > file.length) {
    notes.push(
      `${formatCount(pickleBytes)} bytes are no tensors but other values that were saved, such as NumPy arrays and settings.`,
    );
  }
  return summarise(tensors, notes);
}

/** Names and shapes of a few hundred tensors; less is not worth a note. */
const leastPickle = 20_000;

/** Gives each tensor its bytes: what several of them share is counted with the first that shows it. */
function shareOut(
  file: ModelFile,
  found: TorchTensor[],
  storages: Map<string, StoredBytes>,
): { tensors: TensorSummary[]; partly: PartlyUsed[] } {
  const left = new Map<string, number>();
  const tensors = found.map(({ name, dtype, shape, storage }): TensorSummary => {
    const parameters = countParameters(shape, name, file.name);
    const dense = denseBytes(dtype, parameters);
    const there = left.get(storage) ?? storages.get(storage)?.stored ?? dense ?? 0;
    const bytes = Math.min(dense ?? there, there);
    left.set(storage, there - bytes);
    return { name, dtype, shape, parameters, bytes };
  });
  const partly = [...left].flatMap(([key, idle]) =>
    idle === 0
      ? []
      : [{ idle, tensors: found.flatMap(({ name, storage }) => (storage === key ? [name] : [])) }],
  );
  return { tensors, partly };
}

function listStorages(storages: Map<string, StoredBytes>): TensorSummary[] {
  return [...storages].map(([key, { size, stored }]) => ({
    name: `data/${key}`,
    dtype: 'uint8',
    shape: [size],
    parameters: size,
    bytes: stored,
  }));
}
