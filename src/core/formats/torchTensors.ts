/** The tensors of a pickle that PyTorch wrote: what its calls would rebuild, with the names that lead there. */
import { KolmoError } from '../error';
import { mostTensors } from './format';
import { globalName, type Pickled, type PickledCall } from './pickle';

export interface TorchTensor {
  name: string;
  dtype: string;
  shape: number[];
  /** Key of the storage. */
  storage: string;
  /** First value in the storage, where the others follow it without gaps; absent where they lie otherwise. */
  first?: number;
  /** Its axes by how far their values lie apart, the farthest first, where that is not row by row. */
  order?: number[];
  /** Of a quantized tensor; `unread` where its scheme is none of the affine ones. */
  scaling?: TorchScaling | 'unread';
}

/** One scale and zero point, or a tensor of each with a value for each place on an axis. */
export type TorchScaling =
  | { scale: number; zeroPoint: number }
  | { scales: TorchTensor; zeroPoints: TorchTensor; axis: number };

/** Finds the tensors of dictionaries, lists and objects' states; names are the path of keys. */
export function findTorchTensors(root: Pickled): TorchTensor[] {
  const found: TorchTensor[] = [];
  find(root, '', found, new Set(), 0);
  return found;
}

function find(
  value: Pickled,
  path: string,
  found: TorchTensor[],
  seen: Set<Pickled>,
  depth: number,
): void {
  if (value === null || typeof value !== 'object' || seen.has(value) || depth > 100) return;
  const step = (key: string, inner: Pickled): void =>
    find(inner, path === '' ? key : `${path}.${key}`, found, seen, depth + 1);
  const tensor = isCall(value) ? asTensor(value, path) : undefined;
  if (tensor) {
    if (found.length >= mostTensors) throw new KolmoError('it lists more tensors than are read.');
    found.push(tensor);
  } else seen.add(value);
  if (value instanceof Map) for (const [key, inner] of value) step(String(key), inner);
  else if (Array.isArray(value)) value.forEach((inner, i) => step(String(i), inner));
  else if (isCall(value)) for (const [key, inner] of partsOf(value, !!tensor)) step(key, inner);
}

/** What a call holds that may have tensors in it, each with its name. */
function partsOf(call: PickledCall, isTensor: boolean): Iterable<[string, Pickled]> {
  const callee = globalName(call.callee) ?? '';
  const given = call.arguments;
  if (isTensor) {
    // Scales and zero points of the channels of a quantized tensor.
    const scheme = callee.endsWith('_rebuild_qtensor') && Array.isArray(given) ? given[4] : null;
    return Array.isArray(scheme) ? named(['', 'scales', 'zero_points'], scheme) : [];
  }
  if (callee.endsWith('_rebuild_sparse_tensor') && Array.isArray(given)) {
    const parts = entriesOf(given[1]).flatMap(([, part]) =>
      isCall(part) && asTensor(part, '') ? [part] : [],
    );
    return named(
      parts.length === 3 ? ['crow_indices', 'col_indices', 'values'] : ['indices', 'values'],
      parts,
    );
  }
  return [...entriesOf(given), ...entriesOf(call.state)].flatMap(([key, inner]) =>
    // A module keeps its tensors in these dictionaries; their names say nothing to a reader.
    inModule.has(key) ? entriesOf(inner) : [[key, inner]],
  );
}

const inModule = new Set(['_parameters', '_buffers', '_modules']);

const named = (names: string[], parts: Pickled[]): [string, Pickled][] =>
  names.flatMap((name, i) => (name && i < parts.length ? [[name, parts[i]]] : []));

function entriesOf(value: Pickled | undefined): [string, Pickled][] {
  if (value instanceof Map) return [...value].map(([key, inner]) => [String(key), inner]);
  return Array.isArray(value) ? value.map((inner, i) => [String(i), inner]) : [];
}

const storageTypes: Record<string, string> = {
  FloatStorage: 'float32',
  DoubleStorage: 'float64',
  HalfStorage: 'float16',
  BFloat16Storage: 'bfloat16',
  ComplexFloatStorage: 'complex64',
  ComplexDoubleStorage: 'complex128',
  LongStorage: 'int64',
  IntStorage: 'int32',
  ShortStorage: 'int16',
  CharStorage: 'int8',
  ByteStorage: 'uint8',
  BoolStorage: 'bool',
  QInt8Storage: 'int8',
  QUInt8Storage: 'uint8',
  QInt32Storage: 'int32',
  UntypedStorage: 'uint8',
};

export interface TorchStorage {
  key: string;
  /** Type of its values; of untyped ones uint8. */
  dtype: string;
}

/** `('storage', type, key, device, values)`; undefined for the id of anything else. */
export function asStorage(id: Pickled): TorchStorage | undefined {
  if (!Array.isArray(id) || id[0] !== 'storage') return undefined;
  const type = (globalName(id[1]) ?? '').split('.').pop()!;
  return { key: String(id[2]), dtype: storageTypes[type] ?? 'unknown' };
}

/** `_rebuild_tensor_v2(storage, offset, size, stride, …)`, or a parameter, buffer or subclass around it. */
function asTensor(call: PickledCall, path: string): TorchTensor | undefined {
  const callee = globalName(call.callee) ?? '';
  if (!Array.isArray(call.arguments)) return undefined;
  if (callee.startsWith('torch._utils._rebuild_parameter')) {
    const [inner] = call.arguments;
    return isCall(inner) ? asTensor(inner, path) : undefined;
  }
  if (callee === 'torch._tensor._rebuild_from_type_v2') {
    const [inner, , given] = call.arguments;
    return asTensor({ type: 'call', callee: inner, arguments: given }, path);
  }
  if (!/^torch\._utils\._rebuild_(tensor|tensor_v2|tensor_v3|qtensor)$/.test(callee)) {
    return undefined;
  }
  const [from, offset, size, stride, scheme, , type] = call.arguments;
  const storage = isPersistent(from) ? asStorage(from.id) : undefined;
  if (!storage || !Array.isArray(size)) return undefined;
  // Types that have no storage of their own are named beside it.
  const dtype = callee.endsWith('_v3') ? globalName(type)?.replace(/^torch\./, '') : storage.dtype;
  const shape = size.map(Number);
  const tensor: TorchTensor = {
    name: path || 'tensor',
    dtype: dtype ?? 'unknown',
    shape,
    storage: storage.key,
  };
  const order = orderOf(shape, stride);
  // Two values of four bits are one element.
  const pairs = tensor.dtype.endsWith('_x2') && shape.length > 0;
  if (order) tensor.first = Number(offset) * (pairs ? 2 : 1);
  if (order?.some((axis, i) => axis !== i)) tensor.order = order;
  if (callee.endsWith('_rebuild_qtensor')) tensor.scaling = asScaling(scheme, path);
  if (pairs) shape[shape.length - 1] *= 2;
  return tensor;
}

/** The axes by their strides, where these leave no gaps: axes of one value, which may have any, stay in their place. */
function orderOf(shape: number[], stride: Pickled): number[] | undefined {
  if (!Array.isArray(stride) || stride.length !== shape.length) return undefined;
  const steps = stride.map(Number);
  const long = shape.flatMap((size, axis) => (size === 1 ? [] : [axis]));
  const sorted = long.toSorted((a, b) => steps[b] - steps[a]);
  let expected = 1;
  for (const axis of sorted.toReversed()) {
    if (steps[axis] !== expected) return undefined;
    expected *= shape[axis];
  }
  return shape.map((size, axis) => (size === 1 ? axis : sorted[long.indexOf(axis)]));
}

/** `(torch.per_tensor_affine, scale, zero point)`, `(torch.per_channel_affine, scales, zero points, axis)`. */
function asScaling(scheme: Pickled, path: string): TorchScaling | 'unread' {
  if (!Array.isArray(scheme)) return 'unread';
  const [kind, scale, zeroPoint, axis] = scheme;
  switch (globalName(kind)) {
    case 'torch.per_tensor_affine':
      return { scale: Number(scale), zeroPoint: Number(zeroPoint) };
    case 'torch.per_channel_affine': {
      const scales = isCall(scale) ? asTensor(scale, `${path}.scales`) : undefined;
      const zeroPoints = isCall(zeroPoint) ? asTensor(zeroPoint, `${path}.zero_points`) : undefined;
      return scales && zeroPoints ? { scales, zeroPoints, axis: Number(axis) } : 'unread';
    }
    default:
      return 'unread';
  }
}

function isCall(value: Pickled): value is PickledCall {
  return value !== null && typeof value === 'object' && 'type' in value && value.type === 'call';
}

function isPersistent(value: Pickled): value is { type: 'persistent'; id: Pickled } {
  return (
    value !== null && typeof value === 'object' && 'type' in value && value.type === 'persistent'
  );
}
