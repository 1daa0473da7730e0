/** The values of tensors as numbers, however their format stores them. */
import { bitsOf, type LocatedTensor } from './format';
import { blockBytes, ggmlTypes } from './ggmlTypes';
import { ggmlDecoders } from './ggmlValues';
import { fromHalf } from './half';

/** How the bytes of a tensor become numbers: in blocks that are decoded by themselves. */
export interface ValueCode {
  /** Values a block; 1 for plain numbers. */
  values: number;
  /** Bytes a block. */
  bytes: number;
  /** Lengths of the parts of a block whose bytes mean the same. */
  parts: number[];
  /**
   * The values of whole blocks, the first of which is value `first` of the tensor;
   * absent where Kolmo does not know what they stand for.
   */
  decode?(bytes: Uint8Array, first: number): Float64Array;
}

/**
 * The values of a tensor as floating point numbers: what the model computes with, so that scales and zero points
 * are applied, as the library of the format applies them (rounded to float32 where it does).
 * Integers beyond 2^53 lose digits. The order is that of the file: row by row, or as `order` says.
 *
 * Reads `count` values from value `first` on and nothing else, so that a large tensor can be read piece by piece.
 * Undefined for what is no number (texts, complex numbers), and for types of GGUF that are looked up in grids (iq1, iq2, iq3).
 */
export async function readValues(
  tensor: LocatedTensor,
  first = 0,
  count = tensor.parameters - first,
): Promise<Float64Array | undefined> {
  if (tensor.read) return tensor.read(first, count);
  const code = codeOf(tensor);
  if (!code?.decode) return undefined;
  const block0 = Math.floor(first / code.values);
  const blocks = Math.ceil((first + count) / code.values) - block0;
  const bytes = await tensor.file.read(tensor.offset + block0 * code.bytes, blocks * code.bytes);
  const from = first - block0 * code.values;
  return code.decode(bytes, block0 * code.values).subarray(from, from + count);
}

/** How the values of a tensor are stored; undefined where its type is not known, or has no fixed length. */
export function codeOf({
  dtype,
  coding,
  read,
  parameters,
  bytes,
}: LocatedTensor): ValueCode | undefined {
  // Codes without what they stand for.
  if (read) return { values: parameters / bytes, bytes: 1, parts: [1] };
  const ggml = coding?.type === 'ggml' && blockCodes.get(dtype);
  if (ggml) return ggml;
  const plain = plainCode(dtype, coding?.type !== 'bigEndian');
  const decodePlain = plain?.decode;
  if (!decodePlain) return plain;
  if (coding?.type === 'quantized') {
    const { scales, zeroPoints, inner } = coding;
    return {
      ...plain,
      decode(bytes, first) {
        const values = decodePlain(bytes, first);
        for (let i = 0; i < values.length; i++) {
          const channel = Math.floor((first + i) / inner) % scales.length;
          const zero = zeroPoints[zeroPoints.length === 1 ? 0 : channel];
          values[i] = Math.fround(scales[channel] * (values[i] - zero));
        }
        return values;
      },
    };
  }
  if (coding?.type === 'scaled') {
    const { scale, least, whole } = coding;
    return {
      ...plain,
      decode: (bytes, first) =>
        decodePlain(bytes, first).map((value) =>
          whole ? Math.round(value * scale + least) : Math.fround(value * scale + least),
        ),
    };
  }
  return plain;
}

const blockCodes = new Map<string, ValueCode>(
  Object.values(ggmlTypes).flatMap((type) => {
    if (!type || type.values === 1) return [];
    const { name, values, parts } = type;
    const size = blockBytes(type);
    const decodeBlock = ggmlDecoders[name];
    const code: ValueCode = { values, bytes: size, parts };
    if (!decodeBlock) return [[name, code]];
    code.decode = (bytes) => {
      const blocks = Math.floor(bytes.length / size);
      const decoded = new Float64Array(blocks * values);
      for (let i = 0; i < blocks; i++) decodeBlock(bytes, i * size, decoded, i * values);
      return decoded;
    };
    return [[name, code]];
  }),
);

function plainCode(dtype: string, littleEndian: boolean): ValueCode | undefined {
  const bits = bitsOf(dtype);
  if (bits === 4) {
    const table = /^f/.test(dtype) ? float4 : /^i/.test(dtype) ? int4 : uint4;
    return { values: 2, bytes: 1, parts: [1], decode: (bytes) => decodeNibbles(bytes, table) };
  }
  if (bits % 8 !== 0 || bits === 0 || bits > 64) return undefined;
  const code: ValueCode = { values: 1, bytes: bits / 8, parts: [bits / 8] };
  const table = bits === 8 ? float8(dtype) : undefined;
  if (table) return { ...code, decode: (bytes) => Float64Array.from(bytes, (byte) => table[byte]) };
  const read = readers.find(([name]) => name.test(dtype))?.[1];
  if (!read) return code;
  return {
    ...code,
    decode(bytes) {
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      const values = new Float64Array(Math.floor(bytes.length / code.bytes));
      for (let i = 0; i < values.length; i++) values[i] = read(view, i * code.bytes, littleEndian);
      return values;
    },
  };
}

const word = new Uint32Array(1);
const float = new Float32Array(word.buffer);

/** Numbers of whole bytes, in all the spellings of the formats. */
const readers: [name: RegExp, read: (view: DataView, at: number, little: boolean) => number][] = [
  [/^(f|float)(32)?$/, (view, at, little) => view.getFloat32(at, little)],
  [/^(f16|float16|half)$/, (view, at, little) => fromHalf(view.getUint16(at, little))],
  [
    /^bf(loat)?16$/,
    (view, at, little) => {
      word[0] = view.getUint16(at, little) << 16;
      return float[0];
    },
  ],
  [/^(f64|float64|double)$/, (view, at, little) => view.getFloat64(at, little)],
  [/^i(nt)?8$/, (view, at) => view.getInt8(at)],
  [/^(u(int)?8|bool|boolean)$/, (view, at) => view.getUint8(at)],
  [/^i(nt)?16$/, (view, at, little) => view.getInt16(at, little)],
  [/^u(int)?16$/, (view, at, little) => view.getUint16(at, little)],
  [/^i(nt)?32$/, (view, at, little) => view.getInt32(at, little)],
  [/^u(int)?32$/, (view, at, little) => view.getUint32(at, little)],
  [/^i(nt)?64$/, (view, at, little) => Number(view.getBigInt64(at, little))],
  [/^u(int)?64$/, (view, at, little) => Number(view.getBigUint64(at, little))],
];

const uint4 = Array.from({ length: 16 }, (_, code) => code);
const int4 = uint4.map((code) => (code < 8 ? code : code - 16));
/** E2M1. */
const float4 = uint4.map((code) => (code < 8 ? 1 : -1) * [0, 0.5, 1, 1.5, 2, 3, 4, 6][code & 7]);

/** Two values a byte, the first in its low half. */
function decodeNibbles(bytes: Uint8Array, table: number[]): Float64Array {
  const values = new Float64Array(2 * bytes.length);
  for (let i = 0; i < bytes.length; i++) {
    values[2 * i] = table[bytes[i] & 15];
    values[2 * i + 1] = table[bytes[i] >> 4];
  }
  return values;
}

const float8Tables = new Map<string, number[]>();

/** What the bytes of an 8-bit float stand for (https://onnx.ai/onnx/technical/float8.html); undefined for other types. */
function float8(dtype: string): number[] | undefined {
  const kind = /^f(?:loat)?8_?(e4m3|e5m2)(?:fn)?(uz)?$/.exec(dtype);
  if (!kind) return undefined;
  const known = float8Tables.get(kind[0]);
  if (known) return known;
  const fractionBits = kind[1] === 'e4m3' ? 3 : 2;
  const unsignedZero = kind[2] === 'uz';
  const bias = (fractionBits === 3 ? 7 : 15) + (unsignedZero ? 1 : 0);
  const table = Array.from({ length: 256 }, (_, byte) => {
    const magnitude = byte & 127;
    if (unsignedZero ? byte === 128 : fractionBits === 3 ? magnitude === 127 : magnitude > 124) {
      return NaN;
    }
    const sign = byte < 128 ? 1 : -1;
    if (!unsignedZero && fractionBits === 2 && magnitude === 124) return sign * Infinity;
    const exponent = magnitude >> fractionBits;
    const fraction = magnitude & ((1 << fractionBits) - 1);
    const significand = exponent === 0 ? fraction : fraction + (1 << fractionBits);
    return sign * significand * 2 ** (Math.max(1, exponent) - bias - fractionBits);
  });
  float8Tables.set(kind[0], table);
  return table;
}
