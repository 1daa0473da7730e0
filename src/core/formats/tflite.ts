/** TensorFlow Lite: a FlatBuffer (https://github.com/tensorflow/tensorflow/blob/master/tensorflow/compiler/mlir/lite/schema/schema.fbs). */
import { formatCount } from '../count';
import { KolmoError } from '../error';
import { sizeOf } from '../shape';
import { damaged, rootTable, type Table, type Vector } from './flatbuffer';
import {
  countParameters,
  denseBytes,
  mostTensors,
  summarise,
  type Format,
  type LocatedTensor,
} from './format';
import type { ModelFile } from './modelFile';
import type { TensorSummary } from './summary';

export const tflite: Format = {
  title: 'TensorFlow Lite',
  extensions: ['.tflite'],
  magic: (head) => String.fromCharCode(...head.subarray(4, 8)) === 'TFL3',
  async read(file) {
    const model = await rootTable(file);
    const notes = [`Schema version ${await model.u32(0, 0)}.`];
    const description = await model.text(3);
    if (description) notes.push(description);
    const stored = await readTensors(model, file);
    return summarise(
      stored.map(({ tensor }) => tensor),
      notes,
    );
  },
  async locate(file) {
    const stored = await readTensors(await rootTable(file), file);
    const located: LocatedTensor[] = [];
    for (const { tensor, offset, sparse, table } of stored) {
      const { name, dtype, shape, parameters, bytes } = tensor;
      if (sparse) continue;
      const scaling = /^u?int/.test(dtype) ? await readScaling(table, shape) : {};
      located.push({ name, dtype, parameters, bytes, file, offset, ...scaling });
    }
    return located;
  },
};

/** A tensor whose values are in the file. */
interface StoredTensor {
  tensor: TensorSummary;
  offset: number;
  /** Only what is not zero is stored. */
  sparse: boolean;
  table: Table;
}

async function readTensors(model: Table, file: ModelFile): Promise<StoredTensor[]> {
  const buffers = await model.vector(4);
  const graphs = await model.vector(2);
  const tensors: StoredTensor[] = [];
  for (let g = 0; g < graphs.length; g++) {
    const listed = await (await graphs.table(g)).vector(0);
    for (let i = 0; i < listed.length; i++) {
      const tensor = await readTensor(await listed.table(i), buffers, file);
      // What has no buffer is computed, not stored.
      if (tensor) tensors.push(tensor);
      if (tensors.length > mostTensors) damaged(file, 0, 'too many tensors');
    }
  }
  return tensors;
}

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
): Promise<StoredTensor | undefined> {
  const index = await tensor.u32(2, 0);
  if (index === 0 || index >= buffers.length) return undefined;
  const buffer = await buffers.table(index);
  // Data of models beyond 2 GB lie after the FlatBuffer: field 2 has their size then.
  const inside = await buffer.vector(0);
  const bytes = inside.length || (await buffer.u64(2));
  if (bytes === 0) return undefined;
  const offset = inside.length > 0 ? inside.start : await buffer.u64(1);
  const name = await tensor.text(3);
  const type = await tensor.u8(1, 0);
  const sides = await tensor.vector(0);
  if (sides.length > 64) damaged(file, 0, `tensor “${name}” has ${sides.length} dimensions`);
  const shape: number[] = [];
  for (let axis = 0; axis < sides.length; axis++) shape.push(await sides.i32(axis));
  const dtype = dtypes[type] ?? `type ${type}`;
  const parameters = countParameters(shape, name, file.name);
  if (offset + bytes > file.length) {
    damaged(file, offset, `tensor “${name}” claims ${formatCount(bytes)} bytes`);
  }
  // Of a sparse tensor (field 6) only what is not zero is stored.
  const sparse = await tensor.has(6);
  const dense = sparse ? undefined : denseBytes(dtype, parameters);
  if (dense !== undefined && dense > bytes) {
    throw new KolmoError(
      `${file.name}: tensor “${name}” stores ${bytes} bytes, its shape [${shape.join(', ')}] of ${dtype} asks for ${dense}.`,
    );
  }
  return { tensor: { name, dtype, shape, parameters, bytes }, offset, sparse, table: tensor };
}

/** Scales and zero points; nothing where the numbers stand for themselves. */
async function readScaling(
  tensor: Table,
  shape: number[],
): Promise<Pick<LocatedTensor, 'coding' | 'unscaled'>> {
  const quantization = await tensor.table(4);
  if (!quantization) return {};
  const [scales, zeros] = [await quantization.vector(2), await quantization.vector(3)];
  // Details are those of custom or of blockwise scales.
  const detailed = await quantization.has(5);
  if (scales.length === 0 && !detailed) return {};
  const axis = await quantization.u32(6, 0);
  const channels = scales.length === 1 ? 1 : shape[axis];
  const fits = scales.length === channels && [0, 1, channels].includes(zeros.length);
  if (detailed || channels === 0 || !fits) return { unscaled: true };
  return {
    coding: {
      type: 'quantized',
      scales: await scales.f32s(),
      zeroPoints: zeros.length > 0 ? await zeros.i64s() : [0],
      inner: channels === 1 ? 1 : sizeOf(shape.slice(axis + 1)),
    },
  };
}
