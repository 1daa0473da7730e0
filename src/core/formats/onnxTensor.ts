/** A tensor of an ONNX file: type, shape, and where its values lie, in the file or beside it. */
import { formatCount } from '../count';
import { KolmoError } from '../error';
import type { Cursor } from './cursor';
import { countParameters, denseBytes, mostTensors, shorten } from './format';
import type { ModelFile } from './modelFile';
import { readText, varintLength, walk, type Field } from './protobuf';

export interface OnnxTensor {
  name: string;
  dtype: string;
  shape: number[];
  parameters: number;
  /** Bytes of the values as they are stored. */
  bytes: number;
  /** The field that holds the values; `int32_data` and its like store each value as a varint. */
  storage: 'raw_data' | 'float_data' | 'int32_data' | 'int64_data' | 'other' | 'external' | 'none';
  /** Where the values begin: in this file, or in `location`. */
  offset: number;
  /** Its values are in several fields, with others between them. */
  scattered?: boolean;
  /** The file beside this one, for external data. */
  location?: string;
}

/** Whether each value is written as a varint. */
export const isVarints = ({ storage }: Pick<OnnxTensor, 'storage'>): boolean =>
  storage === 'int32_data' || storage === 'int64_data';

const dtypes = [
  'undefined',
  'float32',
  'uint8',
  'int8',
  'uint16',
  'int16',
  'int32',
  'int64',
  'string',
  'bool',
  'float16',
  'float64',
  'uint32',
  'uint64',
  'complex64',
  'complex128',
  'bfloat16',
  'float8e4m3fn',
  'float8e4m3fnuz',
  'float8e5m2',
  'float8e5m2fnuz',
  'uint4',
  'int4',
  'float4e2m1',
];

const mostDimensions = 64;

/** Reads a TensorProto up to `end` onto the end of `tensors`; its values are stepped over. A name that begins with a space is added to its own. */
export async function readTensor(
  cursor: Cursor,
  file: ModelFile,
  end: number,
  tensors: OnnxTensor[],
  owner: string,
): Promise<void> {
  const tensor: OnnxTensor = {
    name: '',
    dtype: 'undefined',
    shape: [],
    parameters: 0,
    bytes: 0,
    storage: 'none',
    offset: 0,
  };
  const store = (storage: OnnxTensor['storage'], bytes: number, end: number): void => {
    // Of a single varint, the cursor is behind it already.
    if (tensor.bytes === 0) tensor.offset = end - bytes;
    else tensor.scattered = true;
    tensor.storage = storage;
    tensor.bytes += bytes;
  };
  const external: Record<string, string> = {};
  await walk(cursor, file, end, async (field) => {
    const size = field.end - cursor.position();
    switch (field.number) {
      case 1:
        await readDimensions(cursor, file, field, tensor.shape);
        break;
      case 2:
        tensor.dtype = dtypes[field.value] ?? `type ${field.value}`;
        break;
      case 4:
        store('float_data', field.wire === 5 ? 4 : size, field.end);
        break;
      case 5:
        store('int32_data', field.wire === 0 ? varintLength(field.value) : size, field.end);
        break;
      case 7:
        store('int64_data', field.wire === 0 ? varintLength(field.value) : size, field.end);
        break;
      case 8:
        tensor.name = await readText(cursor, field);
        break;
      case 9:
        store('raw_data', size, field.end);
        break;
      case 6:
      case 10:
      case 11:
        store('other', field.wire === 0 ? varintLength(field.value) : size, field.end);
        break;
      case 13:
        await readEntry(cursor, file, field.end, external);
        break;
    }
  });
  tensor.name ||= owner || `tensor ${tensors.length}`;
  if (owner.startsWith(' ')) tensor.name += owner;
  tensor.parameters = countParameters(tensor.shape, tensor.name, file.name);
  const dense = denseBytes(tensor.dtype, tensor.parameters);
  if (external.location !== undefined) {
    tensor.storage = 'external';
    tensor.location = external.location;
    tensor.offset = Number(external.offset ?? 0);
    tensor.bytes = Number(external.length ?? dense ?? 0);
  }
  const plain = ['raw_data', 'float_data', 'external'].includes(tensor.storage);
  const fits =
    tensor.storage === 'raw_data' ? tensor.bytes === dense : tensor.bytes >= (dense ?? 0);
  if (plain && dense !== undefined && !fits) {
    throw new KolmoError(
      `${file.name}: tensor “${shorten(tensor.name)}” stores ${tensor.bytes} bytes at offset ${tensor.offset}, its shape [${tensor.shape.join(', ')}] of ${tensor.dtype} asks for ${dense}.`,
    );
  }
  if (tensors.length >= mostTensors) tooMany(file, 'tensors');
  tensors.push(tensor);
}

async function readDimensions(
  cursor: Cursor,
  file: ModelFile,
  field: Field,
  shape: number[],
): Promise<void> {
  if (field.wire === 0) shape.push(field.value);
  else {
    while (cursor.position() < field.end && shape.length <= mostDimensions) {
      await cursor.need(Math.min(10, field.end - cursor.position()));
      shape.push(cursor.varint());
    }
  }
  if (shape.length > mostDimensions) {
    throw new KolmoError(
      `${file.name}: a tensor at offset ${cursor.position()} has more than ${mostDimensions} dimensions. The file is damaged.`,
    );
  }
}

async function readEntry(
  cursor: Cursor,
  file: ModelFile,
  end: number,
  entries: Record<string, string>,
): Promise<void> {
  let key = '';
  let value = '';
  await walk(cursor, file, end, async (field) => {
    if (field.number === 1) key = await readText(cursor, field);
    else if (field.number === 2) value = await readText(cursor, field);
  });
  if (['location', 'offset', 'length'].includes(key)) entries[key] = value;
}

export function tooMany(file: ModelFile, what: string): never {
  throw new KolmoError(
    `${file.name} holds more than ${formatCount(mostTensors)} ${what}: it is not read.`,
  );
}
