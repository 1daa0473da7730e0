/** PyTorch: a ZIP of storages and a pickle that names them; the pickle is read as data and never executed. */
import { formatCount } from '../count';
import { KolmoError } from '../error';
import {
  bitsOf,
  countParameters,
  mostTensors,
  summarise,
  type Format,
  type LocatedTensor,
} from './format';
import type { ModelFile } from './modelFile';
import { globalName, readPickle, type Pickled, type PickledCall } from './pickle';
import type { TensorSummary } from './summary';
import { isZip, locateMember, readMemberHead, readZipDirectory, type ZipMember } from './zip';

/** Pickles beyond this hold more than names: the directory is all that is read then. */
const longestPickle = 256 << 20;

export const pytorch: Format = {
  title: 'PyTorch',
  extensions: ['.pt', '.pth', '.ckpt', 'pytorch_model.bin'],
  async read(file) {
    const { pickle, storages } = await openArchive(file);
    try {
      return await readTensors(file, pickle, storages);
    } catch (error) {
      if (!(error instanceof KolmoError)) throw error;
      // The directory still tells where the bytes are.
      return summarise(listStorages(storages), [
        `Names and types are unknown: ${error.message}`,
        'Sizes are those of the storages in the archive, counted as bytes.',
      ]);
    }
  },
  async locate(file) {
    const { pickle, storages } = await openArchive(file);
    const located: LocatedTensor[] = [];
    for (const { name, dtype, shape, storage } of await listTensors(file, pickle)) {
      const member = storages.get(storage);
      const parameters = countParameters(shape, name, file.name);
      // A view on a part of a storage is not told apart from its neighbours.
      if (member?.method !== 0 || member.size !== (parameters * bitsOf(dtype)) / 8) continue;
      const offset = await locateMember(file, member);
      located.push({ name, dtype, parameters, bytes: member.size, file, offset });
    }
    return located;
  },
};

interface Archive {
  pickle: ZipMember;
  /** By key, as the pickle names them. */
  storages: Map<string, ZipMember>;
}

async function openArchive(file: ModelFile): Promise<Archive> {
  if (!isZip(await file.read(0, 4))) {
    throw new KolmoError(
      `${file.name} is not a ZIP archive: PyTorch has written archives since version 1.6. Save it again with torch.save, or as safetensors.`,
    );
  }
  const members = await readZipDirectory(file);
  const pickle = members.find(({ name }) => /(^|\/)data\.pkl$/.test(name));
  if (!pickle) {
    throw new KolmoError(`${file.name} holds no data.pkl: expected a model saved by torch.save.`);
  }
  const folder = pickle.name.slice(0, -'data.pkl'.length);
  const storages = new Map(
    members
      .filter(({ name }) => name.startsWith(`${folder}data/`))
      .map((member) => [member.name.slice(folder.length + 'data/'.length), member]),
  );
  return { pickle, storages };
}

async function listTensors(file: ModelFile, pickle: ZipMember): Promise<FoundTensor[]> {
  const where = `${file.name}/${pickle.name}`;
  if (pickle.size > longestPickle) {
    throw new KolmoError(`${where} has ${formatCount(pickle.size)} bytes, more than are read.`);
  }
  const root = readPickle(await readMemberHead(file, pickle, pickle.size), where);
  const found: FoundTensor[] = [];
  findTensors(root, '', found, new Set(), 0);
  return found;
}

async function readTensors(
  file: ModelFile,
  pickle: ZipMember,
  storages: Map<string, ZipMember>,
): ReturnType<Format['read']> {
  const found = await listTensors(file, pickle);
  const used = new Set<string>();
  const tensors = found.map(({ name, dtype, shape, storage }): TensorSummary => {
    const parameters = countParameters(shape, name, file.name);
    const shared = used.has(storage);
    used.add(storage);
    const member = storages.get(storage);
    const dense = Math.ceil((parameters * bitsOf(dtype)) / 8);
    // Tensors that share a storage (tied weights, views) are stored once.
    return { name, dtype, shape, parameters, bytes: shared ? 0 : (member?.stored ?? dense) };
  });
  const notes: string[] = [];
  const shared = found.length - used.size;
  if (shared > 0) notes.push(`${shared} tensors share the storage of another.`);
  const idle = [...storages].filter(([key]) => !used.has(key));
  if (idle.length > 0) {
    const bytes = idle.reduce((sum, [, member]) => sum + member.stored, 0);
    notes.push(`${idle.length} storages of ${formatCount(bytes)} bytes belong to no named tensor.`);
  }
  return summarise(tensors, notes);
}

interface FoundTensor {
  name: string;
  dtype: string;
  shape: number[];
  /** Key of the storage in the archive. */
  storage: string;
}

const storageTypes: Record<string, string> = {
  FloatStorage: 'float32',
  DoubleStorage: 'float64',
  HalfStorage: 'float16',
  BFloat16Storage: 'bfloat16',
  LongStorage: 'int64',
  IntStorage: 'int32',
  ShortStorage: 'int16',
  CharStorage: 'int8',
  ByteStorage: 'uint8',
  BoolStorage: 'bool',
  QInt8Storage: 'int8',
  QUInt8Storage: 'uint8',
  QInt32Storage: 'int32',
};

/** Walks what the pickle would build: dictionaries, lists and objects' states; names are the path of keys. */
function findTensors(
  value: Pickled,
  path: string,
  found: FoundTensor[],
  seen: Set<Pickled>,
  depth: number,
): void {
  if (value === null || typeof value !== 'object' || seen.has(value) || depth > 100) return;
  const tensor = 'type' in value && value.type === 'call' ? asTensor(value, path) : undefined;
  if (tensor) {
    if (found.length >= mostTensors) throw new KolmoError('it lists more tensors than are read.');
    found.push(tensor);
    return;
  }
  seen.add(value);
  const step = (key: string, inner: Pickled): void =>
    findTensors(inner, path === '' ? key : `${path}.${key}`, found, seen, depth + 1);
  if (value instanceof Map) for (const [key, inner] of value) step(String(key), inner);
  else if (Array.isArray(value)) value.forEach((inner, i) => step(String(i), inner));
  else if (value.type === 'call') {
    findTensors(value.arguments, path, found, seen, depth + 1);
    // A module keeps its tensors in these dictionaries; their names say nothing to a reader.
    if (value.state instanceof Map) {
      for (const [key, inner] of value.state) {
        const plain = ['_parameters', '_buffers', '_modules'].includes(String(key));
        if (plain) findTensors(inner, path, found, seen, depth + 1);
        else step(String(key), inner);
      }
    }
  }
}

/** `_rebuild_tensor_v2(storage, offset, size, stride, …)`, or a parameter around it. */
function asTensor(call: PickledCall, path: string): FoundTensor | undefined {
  const callee = globalName(call.callee) ?? '';
  if (!Array.isArray(call.arguments)) return undefined;
  if (callee.startsWith('torch._utils._rebuild_parameter')) {
    const [inner] = call.arguments;
    return isCall(inner) ? asTensor(inner, path) : undefined;
  }
  if (!/^torch\._utils\._rebuild_(tensor|tensor_v2|qtensor)$/.test(callee)) return undefined;
  const [storage, , size] = call.arguments;
  const id = isPersistent(storage) ? storage.id : undefined;
  if (!Array.isArray(id) || !Array.isArray(size)) return undefined;
  const storageType = (globalName(id[1]) ?? '').split('.').pop()!;
  return {
    name: path || 'tensor',
    dtype: storageTypes[storageType] ?? 'unknown',
    shape: size.map(Number),
    storage: String(id[2]),
  };
}

function isCall(value: Pickled): value is PickledCall {
  return value !== null && typeof value === 'object' && 'type' in value && value.type === 'call';
}

function isPersistent(value: Pickled): value is { type: 'persistent'; id: Pickled } {
  return (
    value !== null && typeof value === 'object' && 'type' in value && value.type === 'persistent'
  );
}

function listStorages(storages: Map<string, ZipMember>): TensorSummary[] {
  return [...storages].map(([key, { size, stored }]) => ({
    name: `data/${key}`,
    dtype: 'uint8',
    shape: [size],
    parameters: size,
    bytes: stored,
  }));
}
