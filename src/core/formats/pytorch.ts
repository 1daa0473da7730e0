/** PyTorch: storages, and a pickle that names them; the pickle is read as data and never executed. */
import { formatCount, plural } from '../count';
import { KolmoError } from '../error';
import { countParameters, denseBytes, summarise, type Format, type LocatedTensor } from './format';
import type { ModelFile } from './modelFile';
import type { TensorSummary } from './summary';
import { isTorch, openTorchFile, type StoredBytes, type TorchFile } from './torchFile';
import { findTorchTensors, type TorchTensor } from './torchTensors';

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
    for (const { name, dtype, shape, storage, first } of findTorchTensors(await root())) {
      const parameters = countParameters(shape, name, file.name);
      const bytes = denseBytes(dtype, parameters);
      const holder = storages.get(storage);
      const start = await holder?.offset();
      if (bytes === undefined || !holder || start === undefined) continue;
      // Values in another order are those of the whole storage, or not told apart from their neighbours.
      const skipped = first === undefined ? 0 : denseBytes(dtype, first)!;
      const inside = first === undefined ? bytes === holder.size : skipped + bytes <= holder.size;
      if (inside) located.push({ name, dtype, parameters, bytes, file, offset: start + skipped });
    }
    return located;
  },
};

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
