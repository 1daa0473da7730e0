/** The header of a packed model (`.kolmo`): architecture, encodings, scales and sizes; FORMAT.md beside the container describes every bit. */
import { KolmoError } from '../error';
import type { Activation, Architecture, LayerSpec } from '../train/model';
import { createBitReader, createBitWriter, type BitReader, type BitWriter } from './bits';
import { summarise, type Format } from './format';
import { fitsHalf, fromHalf, toHalf } from './half';
import { knownArchitectures, layoutOf, listedLayout, type TensorLayout } from './kolmoLayout';

export const magic = [0x4b, 0x4f, 0x4c, 0x4d];
export const version = 2;
/** A file may not ask for more memory than this many parameters need (256 MB of float32). */
export const maximumParameters = 1 << 26;

export interface KolmoTensor extends TensorLayout {
  /** Zeros are stored as positions, not as values. */
  sparse: boolean;
  /** Zeros are pruned: the decoded parameter has a mask. */
  masked: boolean;
  encoding: KolmoEncoding;
  /** Bytes of the coded stream spent on this tensor. */
  streamBytes: number;
}

export type KolmoEncoding =
  | { type: 'float32'; half: boolean }
  | { type: 'quantized'; bits: number; scales: Float32Array; zeroPoints: Int32Array }
  /** Nonzero centroids, rising; the first `negative` of them are below zero. */
  | { type: 'codebook'; centroids: Float32Array; negative: number };

export interface KolmoHeader {
  architecture: Architecture;
  tensors: KolmoTensor[];
}

/** Bits of the header by what they are for: the byte ledger's source. */
export interface HeaderBits {
  header: number;
  tensors: { header: number; scales: number; codebook: number }[];
}

const tasks: Architecture['task'][] = ['classification', 'regression', 'generation', 'nextSymbol'];
const activations: Activation[] = ['linear', 'relu', 'leakyRelu', 'sigmoid', 'tanh', 'softmax'];
const layerTypes: LayerSpec['type'][] = [
  'flatten',
  'reshape',
  'dense',
  'conv2d',
  'maxPool2d',
  'batchNorm',
  'dropout',
  'embedding',
  'gru',
  'columnEmbedding',
];
/** Names that are stored as four bits; a name once in this list keeps its place. */
const knownNames = ['lenet-300-100', 'lenet-5', 'mlp', 'cnn', 'gru'];

export function encodeHeader(header: KolmoHeader): { bytes: Uint8Array; bits: HeaderBits } {
  const writer = createBitWriter();
  for (const byte of [...magic, version]) writer.bits(byte, 8);
  encodeArchitecture(writer, header.architecture);
  const derived = layoutOf(header.architecture);
  const listed = !derived || !sameLayout(derived, header.tensors);
  writer.bits(listed ? 1 : 0, 1);
  if (listed) {
    writer.number(header.tensors.length, 4);
    for (const tensor of header.tensors) {
      encodeName(writer, tensor.name);
      encodeShape(writer, tensor.shape);
    }
  }
  const bits: HeaderBits = { header: writer.length(), tensors: [] };
  let book: Float32Array | undefined;
  for (const tensor of header.tensors) {
    const start = writer.length();
    writer.bits(tensor.sparse ? 1 : 0, 1);
    writer.bits(tensor.masked ? 1 : 0, 1);
    writer.number(tensor.streamBytes, tensor.columns > 1 ? 6 : 4);
    const { scales, codebook } = encodeEncoding(writer, tensor.encoding, book);
    if (tensor.encoding.type === 'codebook') book = tensor.encoding.centroids;
    const header = writer.length() - start - scales - codebook;
    bits.tensors.push({ header, scales, codebook });
  }
  bits.header += -writer.length() & 7;
  return { bytes: writer.finish(), bits };
}

/** Reads a header; throws a KolmoError that says what is wrong with the file. `length` is where the stream begins. */
export function decodeHeader(
  bytes: Uint8Array,
  name = 'The packed model',
): KolmoHeader & { length: number } {
  const reader = createBitReader(bytes, 0, name);
  if (magic.some((byte) => reader.bits(8) !== byte)) {
    throw new KolmoError(
      `${name} does not begin with KOLM, so it is not a packed model: open it as what it is, or pack a model with "kolmo compress".`,
    );
  }
  const found = reader.bits(8);
  if (found !== version) {
    throw new KolmoError(
      `${name} is of format version ${found}, and this Kolmo reads version ${version}: ${found > version ? 'update Kolmo' : 'the file is damaged, or pack the model again'}.`,
    );
  }
  const architecture = decodeArchitecture(reader, name);
  const listed = reader.bits(1) === 1;
  const layout = listed ? decodeLayout(reader, name) : layoutOf(architecture);
  if (!layout) {
    throw damaged(name, 'its architecture has layers whose tensors it does not list');
  }
  let parameters = 0;
  for (const tensor of layout) parameters += tensor.shape.reduce((a, b) => a * b, 1);
  if (!(parameters <= maximumParameters)) {
    throw damaged(
      name,
      `it claims ${parameters} parameters, and ${maximumParameters} is the limit`,
    );
  }
  let book: KolmoEncoding | undefined;
  const tensors = layout.map((tensor): KolmoTensor => {
    const sparse = reader.bits(1) === 1;
    const masked = reader.bits(1) === 1;
    const streamBytes = reader.number(tensor.columns > 1 ? 6 : 4);
    const encoding = decodeEncoding(reader, tensor, book, name);
    if (encoding.type === 'codebook') book = encoding;
    return { ...tensor, sparse, masked, streamBytes, encoding };
  });
  return { architecture, tensors, length: reader.bytes() };
}

/** The header alone as a summary: opening a packed model costs its first kilobytes. */
export const kolmo: Format = {
  title: 'Kolmo packed model',
  extensions: ['.kolmo'],
  magic: (head) => magic.every((byte, i) => head[i] === byte),
  async read(file) {
    // Scales per channel and codebooks live in the header; it is read again, larger, only where they are many.
    let limit = 1 << 16;
    for (;;) {
      const bytes = await file.read(0, Math.min(file.length, limit));
      try {
        return summaryOf(decodeHeader(bytes, file.name));
      } catch (error) {
        if (!(error instanceof KolmoError) || limit >= file.length) throw error;
        limit *= 16;
      }
    }
  },
};

function summaryOf(header: KolmoHeader): ReturnType<typeof summarise> {
  const { bits } = encodeHeader(header);
  const tensors = header.tensors.map((tensor, t) => ({
    name: tensor.name,
    dtype: dtypeOf(tensor.encoding),
    shape: tensor.shape,
    parameters: tensor.shape.reduce((a, b) => a * b, 1),
    bytes:
      tensor.streamBytes +
      Math.round((bits.tensors[t].header + bits.tensors[t].scales + bits.tensors[t].codebook) / 8),
  }));
  return summarise(tensors, [
    `Architecture ${header.architecture.name}: ${header.architecture.layers.length} layers, ${header.architecture.task}.`,
    `Format version ${version}, entropy coded.`,
  ]);
}

/** `float32`, `8-bit`, `ternary`, `codebook 32`: how a tensor's values are stored, in words. */
export function dtypeOf(encoding: KolmoEncoding): string {
  switch (encoding.type) {
    case 'float32':
      return encoding.half ? 'float16' : 'float32';
    case 'quantized':
      return `${encoding.bits}-bit`;
    case 'codebook':
      return `codebook ${encoding.centroids.length}`;
    default:
      return encoding satisfies never;
  }
}

function damaged(name: string, what: string): KolmoError {
  return new KolmoError(`${name} is damaged: ${what}. Copy or write it again.`);
}

function sameLayout(a: TensorLayout[], b: TensorLayout[]): boolean {
  return (
    a.length === b.length &&
    a.every((tensor, i) => tensor.name === b[i].name && tensor.shape.join() === b[i].shape.join())
  );
}

function encodeArchitecture(writer: BitWriter, architecture: Architecture): void {
  const text = JSON.stringify(architecture);
  const known = knownArchitectures.findIndex((other) => JSON.stringify(other) === text);
  writer.bits(known >= 0 ? 1 : 0, 1);
  if (known >= 0) return writer.bits(known, 3);
  encodeName(writer, architecture.name);
  writer.bits(tasks.indexOf(architecture.task), 2);
  encodeShape(writer, architecture.inputShape);
  writer.number(architecture.layers.length, 3);
  for (const layer of architecture.layers) {
    writer.bits(layerTypes.indexOf(layer.type), 4);
    switch (layer.type) {
      case 'flatten':
      case 'batchNorm':
        break;
      case 'reshape':
        encodeShape(writer, layer.shape);
        break;
      case 'dense':
        writer.number(layer.units, 6);
        writer.bits(activations.indexOf(layer.activation), 3);
        break;
      case 'conv2d':
        writer.number(layer.filters, 4);
        writer.number(layer.kernel, 2);
        writer.bits(layer.padding === 'same' ? 1 : 0, 1);
        writer.bits(activations.indexOf(layer.activation), 3);
        break;
      case 'maxPool2d':
        writer.number(layer.size, 1);
        break;
      case 'dropout':
        writer.number(Math.round(layer.rate * 1000), 8);
        break;
      case 'embedding':
        writer.number(layer.symbols, 6);
        writer.number(layer.units, 4);
        break;
      case 'gru':
        writer.number(layer.units, 6);
        break;
      case 'columnEmbedding':
        writer.number(layer.symbols.length, 3);
        for (const symbols of layer.symbols) writer.number(symbols, 6);
        writer.number(layer.units, 4);
        break;
      default:
        layer satisfies never;
    }
  }
}

function decodeArchitecture(reader: BitReader, name: string): Architecture {
  if (reader.bits(1)) {
    const known = knownArchitectures[reader.bits(3)];
    if (!known) throw damaged(name, 'it has an architecture by a number that was never given out');
    return structuredClone(known);
  }
  const known = decodeName(reader, name);
  const task = tasks[reader.bits(2)];
  const inputShape = decodeShape(reader, name);
  const count = reader.number(3);
  if (count > 4096) throw damaged(name, `it claims ${count} layers`);
  const layers = Array.from({ length: count }, (): LayerSpec => {
    const type = layerTypes[reader.bits(4)];
    switch (type) {
      case 'flatten':
      case 'batchNorm':
        return { type };
      case 'reshape':
        return { type, shape: decodeShape(reader, name) };
      case 'dense':
        return { type, units: reader.number(6), activation: decodeActivation(reader, name) };
      case 'conv2d': {
        const filters = reader.number(4);
        const kernel = reader.number(2);
        const padding = reader.bits(1) ? 'same' : 'valid';
        return { type, filters, kernel, padding, activation: decodeActivation(reader, name) };
      }
      case 'maxPool2d': {
        const size = reader.number(1);
        if (size === 0) throw damaged(name, 'it pools over windows of size 0');
        return { type, size };
      }
      case 'dropout':
        return { type, rate: reader.number(8) / 1000 };
      case 'embedding': {
        const symbols = reader.number(6);
        return { type, symbols, units: reader.number(4) };
      }
      case 'gru':
        return { type, units: reader.number(6) };
      case 'columnEmbedding': {
        const columns = reader.number(3);
        if (columns > 4096) throw damaged(name, `it embeds ${columns} columns`);
        const symbols = Array.from({ length: columns }, () => reader.number(6));
        return { type, symbols, units: reader.number(4) };
      }
      case undefined:
        throw damaged(name, 'it names a kind of layer that does not exist');
      default:
        return type satisfies never;
    }
  });
  return { name: known, inputShape, layers, task };
}

function decodeActivation(reader: BitReader, name: string): Activation {
  const activation = activations[reader.bits(3)];
  if (!activation) throw damaged(name, 'it names an activation that does not exist');
  return activation;
}

function encodeName(writer: BitWriter, name: string): void {
  const known = knownNames.indexOf(name);
  writer.bits(known >= 0 ? 1 : 0, 1);
  if (known >= 0) return writer.bits(known, 4);
  const bytes = new TextEncoder().encode(name);
  writer.number(bytes.length, 4);
  for (const byte of bytes) writer.bits(byte, 8);
}

function decodeName(reader: BitReader, name: string): string {
  if (reader.bits(1)) {
    const known = knownNames[reader.bits(4)];
    if (!known) throw damaged(name, 'it has a name by a number that was never given out');
    return known;
  }
  const length = reader.number(4);
  if (length > 4096) throw damaged(name, `it has a name of ${length} bytes`);
  return new TextDecoder().decode(Uint8Array.from({ length }, () => reader.bits(8)));
}

function encodeShape(writer: BitWriter, shape: number[]): void {
  writer.bits(shape.length, 3);
  for (const size of shape) writer.number(size, 4);
}

function decodeShape(reader: BitReader, name: string): number[] {
  const shape = Array.from({ length: reader.bits(3) }, () => reader.number(4));
  if (shape.includes(0)) throw damaged(name, 'it has a shape with a side of length 0');
  return shape;
}

function decodeLayout(reader: BitReader, name: string): TensorLayout[] {
  const count = reader.number(4);
  if (count > 65536) throw damaged(name, `it claims ${count} tensors`);
  return Array.from({ length: count }, () => {
    const tensor = decodeName(reader, name);
    return listedLayout(tensor, decodeShape(reader, name));
  });
}

function encodeEncoding(
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
      writer.bits(1, 2);
      writer.bits(encoding.bits - 1, 4);
      writer.bits(encoding.scales.length > 1 ? 1 : 0, 1);
      encodeValues(writer, encoding.scales);
      const centred = encoding.zeroPoints.every((point) => point === 0);
      writer.bits(centred ? 0 : 1, 1);
      if (!centred) for (const point of encoding.zeroPoints) encodeSigned(writer, point);
      return { scales: writer.length() - start - 7, codebook: 0 };
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

function decodeEncoding(
  reader: BitReader,
  tensor: TensorLayout,
  book: KolmoEncoding | undefined,
  name: string,
): KolmoEncoding {
  const type = reader.bits(2);
  if (type === 0) return { type: 'float32', half: reader.bits(1) === 1 };
  if (type === 1) {
    const bits = reader.bits(4) + 1;
    const count = reader.bits(1) ? tensor.shape[tensor.shape.length - 1] : 1;
    const scales = decodeValues(reader, count);
    const centred = reader.bits(1) === 0;
    const zeroPoints = Int32Array.from({ length: count }, () =>
      centred ? 0 : decodeSigned(reader),
    );
    return { type: 'quantized', bits, scales, zeroPoints };
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
