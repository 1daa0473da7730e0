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
  type LocatedTensor,
} from './format';
import { blockBytes, ggmlTypes } from './ggmlTypes';
import type { ModelFile } from './modelFile';
import type { TensorSummary } from './summary';

export const gguf: Format = {
  title: 'GGUF',
  extensions: ['.gguf'],
  magic: (head) => head[0] === 0x47 && head[1] === 0x47 && head[2] === 0x55 && head[3] === 0x46,
  async read(file) {
    const { notes, tensors } = await readHeader(file);
    return summarise(
      tensors.map(({ tensor }) => tensor),
      notes,
    );
  },
  async locate(file) {
    const { tensors, dataStart } = await readHeader(file);
    return tensors.map(({ tensor, start }): LocatedTensor => {
      const { name, dtype, parameters, bytes } = tensor;
      const offset = dataStart + start;
      if (offset + bytes > file.length) {
        throw new KolmoError(
          `${file.name}: tensor “${shorten(name)}” claims ${formatCount(bytes)} bytes at offset ${offset}, beyond the end of the file: it is cut or damaged.`,
        );
      }
      return { name, dtype, parameters, bytes, file, offset, coding: { type: 'ggml' } };
    });
  },
};

interface Header {
  notes: string[];
  /** With their places in the data. */
  tensors: { tensor: TensorSummary; start: number }[];
  /** Where the data begin. */
  dataStart: number;
}

async function readHeader(file: ModelFile): Promise<Header> {
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
  let alignment = 32;
  for (let i = 0; i < keyCount; i++) {
    const key = await readString(cursor, file);
    const value = await readValue(cursor, file, await readU32(cursor), 0);
    if (key === 'general.alignment' && typeof value === 'number') alignment = value;
    if (value !== undefined && notable.test(key)) notes.push(`${key}: ${shorten(String(value))}`);
  }
  if (cursor.position() > longestSettings) {
    notes.push(`Vocabulary and settings: ${formatCount(cursor.position())} bytes.`);
  }
  const tensors: Header['tensors'] = [];
  for (let i = 0; i < tensorCount; i++) tensors.push(await readTensor(cursor, file));
  const unknown = tensors.filter(({ tensor }) => tensor.dtype.startsWith('type ')).length;
  if (unknown > 0) {
    notes.push(
      `${plural(unknown, 'tensor')} of a type that is not known ${unknown === 1 ? 'counts' : 'count'} as 0 bytes.`,
    );
  }
  const stored = tensors.reduce((sum, { tensor }) => sum + tensor.bytes, 0);
  if (stored > file.length - cursor.position()) {
    throw new KolmoError(
      `${file.name} lists tensors of ${formatCount(stored)} bytes, and ${formatCount(file.length - cursor.position())} follow the header: the file is cut.`,
    );
  }
  const dataStart = Math.ceil(cursor.position() / Math.max(1, alignment)) * Math.max(1, alignment);
  return { notes, tensors, dataStart };
}

/** A head beyond this is worth a line. */
const longestSettings = 100_000;

/** Keys that are worth a line. */
const notable =
  /^general\.(architecture|name|file_type|quantization_version|size_label|license)$|context_length$|block_count$/;

async function readTensor(cursor: Cursor, file: ModelFile): Promise<Header['tensors'][number]> {
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
  const start = cursor.u64();
  const parameters = countParameters(shape, name, file.name);
  const type = ggmlTypes[number] ?? { name: `type ${number}`, values: 1, parts: [] };
  // GGUF lists the fastest dimension first; the field writes it last.
  return {
    start,
    tensor: {
      name,
      dtype: type.name,
      shape: shape.reverse(),
      parameters,
      bytes: Math.ceil(parameters / type.values) * blockBytes(type),
    },
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
