/** How one tensor of a packed model stores its values, in the header: float32, scales of levels, or a codebook. */
import { sizeOf } from '../shape';
import type { Encoding } from '../train/model';
import { damaged, type BitReader, type BitWriter } from './bits';
import { fitsHalf, fromHalf, toHalf } from './half';
import type { TensorLayout } from './kolmoLayout';

export type KolmoEncoding =
  | { type: 'float32'; half: boolean }
  | Omit<Extract<Encoding, { type: 'quantized' }>, 'levels'>
  /** Nonzero centroids, rising; the first `negative` of them are below zero. */
  | { type: 'codebook'; centroids: Float32Array; negative: number };

/** Stands in place of a weight's bits, of which no weight has one, where scales for groups follow. */
const groups = 0;

export function encodeEncoding(
  writer: BitWriter,
  encoding: KolmoEncoding,
  book: Float32Array | undefined,
): { scales: number; codebook: number } {
  const start = writer.length();
  switch (encoding.type) {
    case 'float32':
      writer.bits(0, 2);
      writer.bits(encoding.half ? 1 : 0, 1);
      return { scales: 0, codebook: 0 };
    case 'quantized': {
      const { groupSize } = encoding;
      writer.bits(1, 2);
      if (groupSize !== undefined) {
        writer.bits(groups, 4);
        writer.number(groupSize, 5);
      }
      writer.bits(encoding.bits - 1, 4);
      if (groupSize === undefined) writer.bits(encoding.scales.length > 1 ? 1 : 0, 1);
      const before = writer.length();
      encodeValues(writer, encoding.scales);
      const centred = encoding.zeroPoints.every((point) => point === 0);
      writer.bits(centred ? 0 : 1, 1);
      if (!centred) for (const point of encoding.zeroPoints) encodeSigned(writer, point);
      return { scales: writer.length() - before, codebook: 0 };
    }
    case 'codebook': {
      const { centroids, negative } = encoding;
      if (centroids.join() === book?.join()) {
        writer.bits(3, 2);
        return { scales: 0, codebook: 0 };
      }
      writer.bits(2, 2);
      writer.number(negative, 4);
      writer.number(centroids.length - negative, 4);
      encodeValues(writer, centroids);
      return { scales: 0, codebook: writer.length() - start - 2 };
    }
    default:
      return encoding satisfies never;
  }
}

export function decodeEncoding(
  reader: BitReader,
  tensor: TensorLayout,
  book: KolmoEncoding | undefined,
  name: string,
): KolmoEncoding {
  const type = reader.bits(2);
  if (type === 0) return { type: 'float32', half: reader.bits(1) === 1 };
  if (type === 1) {
    let bits = reader.bits(4);
    const groupSize = bits === groups ? reader.number(5) : undefined;
    if (groupSize === 0) throw damaged(name, 'it has scales for groups of no rows');
    if (groupSize !== undefined) bits = reader.bits(4);
    const columns = tensor.shape[tensor.shape.length - 1];
    const rows = sizeOf(tensor.shape) / columns;
    const count =
      groupSize !== undefined
        ? columns * Math.ceil(rows / groupSize)
        : reader.bits(1)
          ? columns
          : 1;
    const scales = decodeValues(reader, count);
    const centred = reader.bits(1) === 0;
    const zeroPoints = Int32Array.from({ length: count }, () =>
      centred ? 0 : decodeSigned(reader),
    );
    return {
      type: 'quantized',
      bits: bits + 1,
      ...(groupSize && { groupSize }),
      scales,
      zeroPoints,
    };
  }
  if (type === 2) {
    const negative = reader.number(4);
    const positive = reader.number(4);
    if (negative + positive > 65536) {
      throw damaged(name, `it claims a codebook of ${negative + positive} values`);
    }
    return { type: 'codebook', negative, centroids: decodeValues(reader, negative + positive) };
  }
  if (book) return book;
  throw damaged(name, 'it takes up the codebook of an earlier tensor, and none has one');
}

/** `float32`, `8-bit`, `codebook 32`: how a parameter's values are stored, in the words of tables and charts. */
export function encodingLabel(encoding: Encoding | KolmoEncoding): string {
  switch (encoding.type) {
    case 'float32':
      return 'half' in encoding && encoding.half ? 'float16' : 'float32';
    case 'quantized':
      return `${encoding.bits}-bit`;
    case 'codebook':
      return `codebook ${encoding.centroids.length}`;
    default:
      return encoding satisfies never;
  }
}

/** Values in the shortest of three widths that holds each of them exactly: 8 bits (positive, 3 fraction bits), half, float32. */
function encodeValues(writer: BitWriter, values: Float32Array): void {
  const width = !fitsHalf(values)
    ? 2
    : values.every((value) => value > 0 && (toHalf(value) & 0x7f) === 0)
      ? 0
      : 1;
  writer.bits(width, 2);
  const words = new Uint32Array(values.slice().buffer);
  for (let i = 0; i < values.length; i++) {
    if (width === 0) writer.bits(toHalf(values[i]) >>> 7, 8);
    else if (width === 1) writer.bits(toHalf(values[i]), 16);
    else writer.bits(words[i], 32);
  }
}

function decodeValues(reader: BitReader, count: number): Float32Array {
  const width = reader.bits(2);
  const values = new Float32Array(count);
  const words = new Uint32Array(values.buffer);
  for (let i = 0; i < count; i++) {
    if (width === 0) values[i] = fromHalf(reader.bits(8) << 7);
    else if (width === 1) values[i] = fromHalf(reader.bits(16));
    else words[i] = reader.bits(32);
  }
  return values;
}

/** Zigzag: 0, -1, 1, -2… become 0, 1, 2, 3… */
function encodeSigned(writer: BitWriter, value: number): void {
  writer.number(value < 0 ? -2 * value - 1 : 2 * value, 4);
}

function decodeSigned(reader: BitReader): number {
  const code = reader.number(4);
  return code % 2 ? -(code + 1) / 2 : code / 2;
}
