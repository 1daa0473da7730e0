/** ONNX: walks the protobuf (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto) and steps over the weights. */
import { KolmoError } from '../error';
import { createCursor, type Cursor } from './cursor';
import {
  countParameters,
  denseBytes,
  groupDigits,
  mostTensors,
  shorten,
  summarise,
  type Format,
  type LocatedTensor,
} from './format';
import type { ModelFile } from './modelFile';
import { readText, varintLength, walk, type Field } from './protobuf';

export const onnx: Format = {
  title: 'ONNX',
  extensions: ['.onnx'],
  async read(file) {
    const model = await readOnnx(file);
    const { producer, opsets, nodes, tensors } = model;
    const notes = [
      ...(producer ? [`Made by ${producer}.`] : []),
      ...(opsets.length > 0 ? [`Operator sets: ${opsets.join(', ')}.`] : []),
      `${groupDigits(nodes.length)} nodes.`,
      ...(await checkExternal(file, tensors)),
    ];
    return summarise(
      tensors.map(({ name, dtype, shape, parameters, bytes }) => ({
        name,
        dtype,
        shape,
        parameters,
        bytes,
      })),
      notes,
    );
  },
  async locate(file) {
    const located: LocatedTensor[] = [];
    for (const tensor of (await readOnnx(file)).tensors) {
      const { name, dtype, parameters, bytes, offset, storage, location } = tensor;
      const plain = storage === 'raw_data' || storage === 'float_data' || storage === 'external';
      const holder = location === undefined ? file : await file.sibling(location);
      if (plain && holder) located.push({ name, dtype, parameters, bytes, file: holder, offset });
    }
    return located;
  },
};

export interface OnnxModel {
  producer: string;
  /** `ai.onnx 17`. */
  opsets: string[];
  nodes: OnnxNode[];
  /** Initializers, and tensors that nodes hold as attributes (named after the node's output). */
  tensors: OnnxTensor[];
}

export interface OnnxNode {
  type: string;
  inputs: string[];
  outputs: string[];
}

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
  /** The file beside this one, for external data. */
  location?: string;
}

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

/** Walks the whole graph, subgraphs and functions included; memory grows with names, not with weights. */
export async function readOnnx(file: ModelFile): Promise<OnnxModel> {
  const cursor = createCursor(file, file.name);
  const model: OnnxModel = { producer: '', opsets: [], nodes: [], tensors: [] };
  let graphs = 0;
  await walk(cursor, file, file.length, async (field) => {
    if (field.number === 2) model.producer = await readText(cursor, field);
    else if (field.number === 7 && field.wire === 2) {
      graphs++;
      await readGraph(cursor, file, field.end, model, 0);
    } else if (field.number === 8) await readOpset(cursor, file, field, model);
  });
  if (graphs === 0) {
    throw new KolmoError(
      `${file.name} holds no graph: expected an ONNX model, a protobuf message with field 7.`,
    );
  }
  return model;
}

async function readOpset(
  cursor: Cursor,
  file: ModelFile,
  { end }: Field,
  model: OnnxModel,
): Promise<void> {
  let domain = '';
  let version = 0;
  await walk(cursor, file, end, async (field) => {
    if (field.number === 1) domain = await readText(cursor, field);
    else if (field.number === 2) version = field.value;
  });
  if (model.opsets.length < 100) model.opsets.push(`${domain || 'ai.onnx'} ${version}`);
}

/** Loops and conditions nest; deeper than this is an attack on the stack. */
const deepest = 64;

async function readGraph(
  cursor: Cursor,
  file: ModelFile,
  end: number,
  model: OnnxModel,
  depth: number,
): Promise<void> {
  if (depth > deepest) {
    throw new KolmoError(`${file.name} nests graphs more than ${deepest} deep: it is not read.`);
  }
  await walk(cursor, file, end, async (field) => {
    if (field.wire !== 2) return;
    if (field.number === 1) await readNode(cursor, file, field.end, model, depth);
    else if (field.number === 5) await readTensor(cursor, file, field.end, model, '');
    else if (field.number === 15) {
      // A sparse initializer: its values and its indices are tensors.
      await walk(cursor, file, field.end, async (part) => {
        if (part.wire === 2 && part.number <= 2) {
          await readTensor(cursor, file, part.end, model, part.number === 1 ? '' : ' indices');
        }
      });
    }
  });
}

async function readNode(
  cursor: Cursor,
  file: ModelFile,
  end: number,
  model: OnnxModel,
  depth: number,
): Promise<void> {
  const node: OnnxNode = { type: '', inputs: [], outputs: [] };
  if (model.nodes.length >= mostTensors) tooMany(file, 'nodes');
  model.nodes.push(node);
  await walk(cursor, file, end, async (field) => {
    if (field.wire !== 2) return;
    if (field.number === 1) node.inputs.push(await readText(cursor, field));
    else if (field.number === 2) node.outputs.push(await readText(cursor, field));
    else if (field.number === 4) node.type = await readText(cursor, field);
    else if (field.number === 5) {
      await walk(cursor, file, field.end, async (attribute) => {
        if (attribute.wire !== 2) return;
        if (attribute.number === 5 || attribute.number === 10) {
          await readTensor(cursor, file, attribute.end, model, node.outputs[0] ?? node.type);
        } else if (attribute.number === 6 || attribute.number === 11) {
          await readGraph(cursor, file, attribute.end, model, depth + 1);
        }
      });
    }
  });
}

async function readTensor(
  cursor: Cursor,
  file: ModelFile,
  end: number,
  model: OnnxModel,
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
  const store = (storage: OnnxTensor['storage'], bytes: number): void => {
    if (tensor.bytes === 0) tensor.offset = cursor.position();
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
        store('float_data', field.wire === 5 ? 4 : size);
        break;
      case 5:
        store('int32_data', field.wire === 0 ? varintLength(field.value) : size);
        break;
      case 7:
        store('int64_data', field.wire === 0 ? varintLength(field.value) : size);
        break;
      case 8:
        tensor.name = await readText(cursor, field);
        break;
      case 9:
        store('raw_data', size);
        break;
      case 6:
      case 10:
      case 11:
        store('other', field.wire === 0 ? varintLength(field.value) : size);
        break;
      case 13:
        await readEntry(cursor, file, field.end, external);
        break;
    }
  });
  tensor.name ||= owner || `tensor ${model.tensors.length}`;
  if (owner.startsWith(' ')) tensor.name += owner;
  tensor.parameters = countParameters(tensor.shape, tensor.name, file.name);
  const dense = denseBytes(tensor.dtype, tensor.parameters);
  if (external.location !== undefined) {
    tensor.storage = 'external';
    tensor.location = external.location;
    tensor.offset = Number(external.offset ?? 0);
    tensor.bytes = Number(external.length ?? dense ?? 0);
  } else if (tensor.storage === 'raw_data' && dense !== undefined && tensor.bytes !== dense) {
    throw new KolmoError(
      `${file.name}: tensor “${shorten(tensor.name)}” stores ${tensor.bytes} bytes at offset ${tensor.offset}, its shape [${tensor.shape.join(', ')}] of ${tensor.dtype} asks for ${dense}.`,
    );
  }
  if (model.tensors.length >= mostTensors) tooMany(file, 'tensors');
  model.tensors.push(tensor);
}

async function readDimensions(
  cursor: Cursor,
  file: ModelFile,
  field: Field,
  shape: number[],
): Promise<void> {
  if (field.wire === 0) shape.push(field.value);
  else {
    while (cursor.position() < field.end && shape.length <= deepest) {
      await cursor.need(Math.min(10, field.end - cursor.position()));
      shape.push(cursor.varint());
    }
  }
  if (shape.length > deepest) {
    throw new KolmoError(
      `${file.name}: a tensor at offset ${cursor.position()} has more than ${deepest} dimensions. The file is damaged.`,
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

function tooMany(file: ModelFile, what: string): never {
  throw new KolmoError(
    `${file.name} holds more than ${groupDigits(mostTensors)} ${what}: it is not read.`,
  );
}

/** Says where external data lie, and that they are as long as the tensors claim. */
async function checkExternal(file: ModelFile, tensors: OnnxTensor[]): Promise<string[]> {
  const ends = new Map<string, number>();
  for (const { location, offset, bytes } of tensors) {
    if (location === undefined) continue;
    ends.set(location, Math.max(ends.get(location) ?? 0, offset + bytes));
  }
  const notes: string[] = [];
  for (const [location, end] of ends) {
    const data = await file.sibling(location);
    if (!data) notes.push(`${location} is not there: the weights it should hold are missing.`);
    else if (!(data.length >= end)) {
      throw new KolmoError(
        `${location} has ${groupDigits(data.length)} bytes, ${file.name} refers to ${groupDigits(end)}: the file is cut, or belongs to another model.`,
      );
    } else notes.push(`Weights in ${location}: ${groupDigits(data.length)} bytes.`);
  }
  return notes;
}
