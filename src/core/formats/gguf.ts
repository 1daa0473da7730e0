/** GGUF, the format of llama.cpp (https://github.com/ggml-org/ggml/blob/master/docs/gguf.md). */
import { formatCount, plural } from '../count';
import { KolmoError } from '../error';
import { createCursor, type Cursor } from './cursor';
import {
  countParameters,
  longestName,
  mostTensors,
  shorten,
  summarise,
  type Format,
} from './format';
import type { ModelFile } from './modelFile';
import type { TensorSummary } from './summary';

export const gguf: Format = {
  title: 'GGUF',
  extensions: ['.gguf'],
  magic: (head) => head[0] === 0x47 && head[1] === 0x47 && head[2] === 0x55 && head[3] === 0x46,
  async read(file) {
    const cursor = createCursor(file, file.name);
    await cursor.need(24);
    cursor.u32();
    const version = cursor.u32();
    if (version === 3 << 24) {
      throw new KolmoError(
        `${file.name} is GGUF with its bytes in big-endian order, which is not read.`,
      );
    }
    if (version < 2 || version > 3) {
      throw new KolmoError(
        `${file.name} is GGUF of version ${version} (offset 4): versions 2 and 3 are read.`,
      );
    }
    const [tensorCount, keyCount] = [cursor.u64(), cursor.u64()];
    // A tensor takes at least 24 bytes of header, a key 13.
    for (const [what, count, least] of [
      ['tensors', tensorCount, 24],
      ['keys', keyCount, 13],
    ] as const) {
      if (count > mostTensors || count * least > file.length) {
        throw new KolmoError(
          `${file.name} claims ${formatCount(count)} ${what} in ${formatCount(file.length)} bytes: the header is damaged.`,
        );
      }
    }
    const notes = [`GGUF version ${version}.`];
    for (let i = 0; i < keyCount; i++) {
      const key = await readString(cursor, file);
      const value = await readValue(cursor, file, await readU32(cursor), 0);
      if (value !== undefined && notable.test(key)) notes.push(`${key}: ${shorten(String(value))}`);
    }
    if (cursor.position() > longestSettings) {
      notes.push(`Vocabulary and settings: ${formatCount(cursor.position())} bytes.`);
    }
    const tensors: TensorSummary[] = [];
    for (let i = 0; i < tensorCount; i++) tensors.push(await readTensor(cursor, file));
    const unknown = tensors.filter(({ dtype }) => dtype.startsWith('type ')).length;
    if (unknown > 0) {
      notes.push(
        `${plural(unknown, 'tensor')} of a type that is not known ${unknown === 1 ? 'counts' : 'count'} as 0 bytes.`,
      );
    }
    const stored = tensors.reduce((sum, tensor) => sum + tensor.bytes, 0);
    if (stored > file.length - cursor.position()) {
      throw new KolmoError(
        `${file.name} lists tensors of ${formatCount(stored)} bytes, and ${formatCount(file.length - cursor.position())} follow the header: the file is cut.`,
      );
    }
    return summarise(tensors, notes);
  },
};

/** A head beyond this is worth a line. */
const longestSettings = 100_000;

/** Keys that are worth a line. */
const notable =
  /^general\.(architecture|name|file_type|quantization_version|size_label|license)$|context_length$|block_count$/;

/** Type number to its name, values a block and bytes a block. */
const types: Record<number, [name: string, values: number, bytes: number]> = {
  0: ['f32', 1, 4],
  1: ['f16', 1, 2],
  2: ['q4_0', 32, 18],
  3: ['q4_1', 32, 20],
  6: ['q5_0', 32, 22],
  7: ['q5_1', 32, 24],
  8: ['q8_0', 32, 34],
  9: ['q8_1', 32, 36],
  10: ['q2_k', 256, 84],
  11: ['q3_k', 256, 110],
  12: ['q4_k', 256, 144],
  13: ['q5_k', 256, 176],
  14: ['q6_k', 256, 210],
  15: ['q8_k', 256, 292],
  16: ['iq2_xxs', 256, 66],
  17: ['iq2_xs', 256, 74],
  18: ['iq3_xxs', 256, 98],
  19: ['iq1_s', 256, 50],
  20: ['iq4_nl', 32, 18],
  21: ['iq3_s', 256, 110],
  22: ['iq2_s', 256, 82],
  23: ['iq4_xs', 256, 136],
  24: ['i8', 1, 1],
  25: ['i16', 1, 2],
  26: ['i32', 1, 4],
  27: ['i64', 1, 8],
  28: ['f64', 1, 8],
  29: ['iq1_m', 256, 56],
  30: ['bf16', 1, 2],
  34: ['tq1_0', 256, 54],
  35: ['tq2_0', 256, 66],
  39: ['mxfp4', 32, 17],
  40: ['nvfp4', 64, 36],
  41: ['q1_0', 128, 18],
};

async function readTensor(cursor: Cursor, file: ModelFile): Promise<TensorSummary> {
  const name = await readString(cursor, file);
  const rank = await readU32(cursor);
  if (rank > 8) {
    throw new KolmoError(
      `${file.name}: tensor “${shorten(name)}” has ${rank} dimensions at offset ${cursor.position() - 4}: the header is damaged.`,
    );
  }
  await cursor.need(8 * rank + 12);
  const shape: number[] = [];
  for (let axis = 0; axis < rank; axis++) shape.push(cursor.u64());
  const number = cursor.u32();
  cursor.u64();
  const parameters = countParameters(shape, name, file.name);
  const [dtype, values, bytes] = types[number] ?? [`type ${number}`, 1, 0];
  // GGUF lists the fastest dimension first; the field writes it last.
  return {
    name,
    dtype,
    shape: shape.reverse(),
    parameters,
    bytes: Math.ceil(parameters / values) * bytes,
  };
}

async function readU32(cursor: Cursor): Promise<number> {
  await cursor.need(4);
  return cursor.u32();
}

async function readString(cursor: Cursor, file: ModelFile): Promise<string> {
  await cursor.need(8);
  const length = cursor.u64();
  const start = cursor.position();
  if (start + length > file.length) {
    throw new KolmoError(
      `${file.name} claims a text of ${formatCount(length)} bytes at offset ${start}, beyond the end of the file: the header is damaged.`,
    );
  }
  const bytes = await cursor.bytes(Math.min(length, longestName));
  cursor.seek(start + length);
  return new TextDecoder().decode(bytes);
}

const sizes: Record<number, number> = {
  0: 1,
  1: 1,
  2: 2,
  3: 2,
  4: 4,
  5: 4,
  6: 4,
  7: 1,
  10: 8,
  11: 8,
  12: 8,
};

/** Reads a value; arrays are stepped over. */
async function readValue(
  cursor: Cursor,
  file: ModelFile,
  type: number,
  depth: number,
): Promise<string | number | undefined> {
  if (type === 8) return readString(cursor, file);
  if (type === 9 && depth < 4) {
    const element = await readU32(cursor);
    await cursor.need(8);
    const count = cursor.u64();
    const size = sizes[element];
    if (size === undefined) {
      for (let i = 0; i < count; i++) await readValue(cursor, file, element, depth + 1);
    } else if (cursor.position() + count * size > file.length) {
      throw new KolmoError(
        `${file.name} claims ${formatCount(count)} values at offset ${cursor.position()}, beyond the end of the file: the header is damaged.`,
      );
    } else cursor.seek(cursor.position() + count * size);
    return undefined;
  }
  const size = sizes[type];
  if (size === undefined) {
    throw new KolmoError(
      `${file.name}: unknown value type ${type} at offset ${cursor.position() - 4}. The header is damaged.`,
    );
  }
  await cursor.need(size);
  if (type === 4) return cursor.u32();
  if (type === 5) return cursor.i32();
  cursor.seek(cursor.position() + size);
  return undefined;
}
