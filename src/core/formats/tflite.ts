/** TensorFlow Lite: a FlatBuffer (https://github.com/tensorflow/tensorflow/blob/master/tensorflow/compiler/mlir/lite/schema/schema.fbs). */
import { formatCount } from '../count';
import { KolmoError } from '../error';
import {
  countParameters,
  denseBytes,
  longestName,
  mostTensors,
  summarise,
  type Format,
} from './format';
import type { ModelFile } from './modelFile';
import type { TensorSummary } from './summary';

export const tflite: Format = {
  title: 'TensorFlow Lite',
  extensions: ['.tflite'],
  magic: (head) => String.fromCharCode(...head.subarray(4, 8)) === 'TFL3',
  async read(file) {
    const bytes = createPages(file);
    const model = await table(bytes, await bytes.u32(0));
    const notes = [`Schema version ${await model.u32(0, 0)}.`];
    const description = await model.text(3);
    if (description) notes.push(description);
    const buffers = await model.vector(4);
    const graphs = await model.vector(2);
    const tensors: TensorSummary[] = [];
    for (let g = 0; g < graphs.length; g++) {
      const listed = await (await graphs.table(g)).vector(0);
      for (let i = 0; i < listed.length; i++) {
        const tensor = await readTensor(await listed.table(i), buffers, file);
        // What has no buffer is computed, not stored.
        if (tensor) tensors.push(tensor);
        if (tensors.length > mostTensors) damaged(file, 0, 'too many tensors');
      }
    }
    return summarise(tensors, notes);
  },
};

const dtypes = [
  'float32',
  'float16',
  'int32',
  'uint8',
  'int64',
  'string',
  'bool',
  'int16',
  'complex64',
  'int8',
  'float64',
  'complex128',
  'uint64',
  'resource',
  'variant',
  'uint32',
  'uint16',
  'int4',
  'bfloat16',
];

async function readTensor(
  tensor: Table,
  buffers: Vector,
  file: ModelFile,
): Promise<TensorSummary | undefined> {
  const index = await tensor.u32(2, 0);
  if (index === 0 || index >= buffers.length) return undefined;
  const buffer = await buffers.table(index);
  // Data of models beyond 2 GB lie after the FlatBuffer: field 2 has their size then.
  const bytes = (await buffer.vector(0)).length || (await buffer.u64(2));
  if (bytes === 0) return undefined;
  const name = await tensor.text(3);
  const type = await tensor.u8(1, 0);
  const sides = await tensor.vector(0);
  if (sides.length > 64) damaged(file, 0, `tensor “${name}” has ${sides.length} dimensions`);
  const shape: number[] = [];
  for (let axis = 0; axis < sides.length; axis++) shape.push(await sides.i32(axis));
  const dtype = dtypes[type] ?? `type ${type}`;
  const parameters = countParameters(shape, name, file.name);
  if (bytes > file.length) damaged(file, 0, `tensor “${name}” claims ${formatCount(bytes)} bytes`);
  // Of a sparse tensor (field 6) only what is not zero is stored.
  const dense = (await tensor.has(6)) ? undefined : denseBytes(dtype, parameters);
  if (dense !== undefined && dense > bytes) {
    throw new KolmoError(
      `${file.name}: tensor “${name}” stores ${bytes} bytes, its shape [${shape.join(', ')}] of ${dtype} asks for ${dense}.`,
    );
  }
  return { name, dtype, shape, parameters, bytes };
}

function damaged(file: ModelFile, offset: number, what: string): never {
  throw new KolmoError(`${file.name}, offset ${offset}: ${what}. The file is cut or damaged.`);
}

/** Random access by small reads, a page of 64 KiB at a time. */
interface Pages {
  file: ModelFile;
  u32(offset: number): Promise<number>;
  read(offset: number, length: number): Promise<DataView>;
}

function createPages(file: ModelFile): Pages {
  const pageBytes = 1 << 16;
  const mostPages = 256;
  const pages = new Map<number, Uint8Array>();
  const page = async (number: number): Promise<Uint8Array> => {
    const known = pages.get(number);
    if (known) return known;
    if (pages.size >= mostPages) pages.clear();
    const bytes = await file.read(number * pageBytes, pageBytes);
    pages.set(number, bytes);
    return bytes;
  };
  const read = async (offset: number, length: number): Promise<DataView> => {
    if (offset < 0 || offset + length > file.length) {
      damaged(file, offset, `${length} bytes were expected, the file has ${file.length}`);
    }
    const first = Math.floor(offset / pageBytes);
    const at = offset - first * pageBytes;
    const bytes = await page(first);
    if (at + length <= bytes.length)
      return new DataView(bytes.buffer, bytes.byteOffset + at, length);
    const copy = await file.read(offset, length);
    return new DataView(copy.buffer, copy.byteOffset, copy.byteLength);
  };
  return { file, read, u32: async (offset) => (await read(offset, 4)).getUint32(0, true) };
}

/** A FlatBuffer table: fields by number, absent ones have their default. */
interface Table {
  u8(field: number, absent: number): Promise<number>;
  u32(field: number, absent: number): Promise<number>;
  u64(field: number): Promise<number>;
  text(field: number): Promise<string>;
  has(field: number): Promise<boolean>;
  vector(field: number): Promise<Vector>;
}

interface Vector {
  length: number;
  i32(index: number): Promise<number>;
  table(index: number): Promise<Table>;
}

async function table(bytes: Pages, position: number): Promise<Table> {
  const directory = position - (await bytes.read(position, 4)).getInt32(0, true);
  const size = (await bytes.read(directory, 2)).getUint16(0, true);
  const locate = async (field: number): Promise<number> => {
    const at = 4 + 2 * field;
    if (at + 2 > size) return 0;
    const offset = (await bytes.read(directory + at, 2)).getUint16(0, true);
    return offset === 0 ? 0 : position + offset;
  };
  const target = async (field: number): Promise<number> => {
    const at = await locate(field);
    return at === 0 ? 0 : at + (await bytes.u32(at));
  };
  return {
    async u8(field, absent) {
      const at = await locate(field);
      return at === 0 ? absent : (await bytes.read(at, 1)).getUint8(0);
    },
    async u32(field, absent) {
      const at = await locate(field);
      return at === 0 ? absent : bytes.u32(at);
    },
    async u64(field) {
      const at = await locate(field);
      return at === 0 ? 0 : Number((await bytes.read(at, 8)).getBigUint64(0, true));
    },
    has: async (field) => (await locate(field)) !== 0,
    async text(field) {
      const at = await target(field);
      if (at === 0) return '';
      const length = Math.min(await bytes.u32(at), longestName);
      return new TextDecoder().decode(await bytes.read(at + 4, length));
    },
    async vector(field) {
      const at = await target(field);
      return at === 0 ? vector(bytes, 0, 0) : vector(bytes, at + 4, await bytes.u32(at));
    },
  };
}

function vector(bytes: Pages, start: number, length: number): Vector {
  if (start + length > bytes.file.length) {
    damaged(bytes.file, start, `a list of ${formatCount(length)} entries does not fit`);
  }
  return {
    length,
    i32: async (index) => (await bytes.read(start + 4 * index, 4)).getInt32(0, true),
    async table(index) {
      const at = start + 4 * index;
      return table(bytes, at + (await bytes.u32(at)));
    },
  };
}
