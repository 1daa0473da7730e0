/** The header of a packed model (`.kolmo`): architecture, encodings, scales and sizes; FORMAT.md beside the container describes every bit. */
import { KolmoError } from '../error';
import { sizeOf } from '../shape';
import type { Architecture } from '../train/model';
import { EndOfBits, createBitReader, createBitWriter, damaged, type BitReader } from './bits';
import { summarise, type Format } from './format';
import {
  decodeArchitecture,
  decodeName,
  decodeShape,
  encodeArchitecture,
  encodeName,
  encodeShape,
} from './kolmoArchitecture';
import { decodeEncoding, encodeEncoding, encodingLabel, type KolmoEncoding } from './kolmoEncoding';
import { layoutOf, listedLayout, type TensorLayout } from './kolmoLayout';

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

export interface KolmoHeader {
  architecture: Architecture;
  tensors: KolmoTensor[];
}

/** Bits of the header by what they are for: the byte ledger's source. */
export interface HeaderBits {
  header: number;
  tensors: { header: number; scales: number; codebook: number }[];
}

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
      `${name} does not begin with KOLM, so it is not a packed model: "kolmo inspect" shows what other model files hold, and what is packed are the models that Kolmo trains.`,
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
  for (const tensor of layout) parameters += sizeOf(tensor.shape);
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
        if (!(error instanceof EndOfBits) || limit >= file.length) throw error;
        limit *= 16;
      }
    }
  },
};

function summaryOf(header: KolmoHeader): ReturnType<typeof summarise> {
  const { bits } = encodeHeader(header);
  const tensors = header.tensors.map((tensor, t) => ({
    name: tensor.name,
    dtype: encodingLabel(tensor.encoding),
    shape: tensor.shape,
    parameters: sizeOf(tensor.shape),
    bytes:
      tensor.streamBytes +
      Math.round((bits.tensors[t].header + bits.tensors[t].scales + bits.tensors[t].codebook) / 8),
  }));
  return summarise(tensors, [
    `Architecture ${header.architecture.name}: ${header.architecture.layers.length} layers, ${header.architecture.task}.`,
    `Format version ${version}, entropy coded.`,
  ]);
}

function sameLayout(a: TensorLayout[], b: TensorLayout[]): boolean {
  return (
    a.length === b.length &&
    a.every((tensor, i) => tensor.name === b[i].name && tensor.shape.join() === b[i].shape.join())
  );
}

function decodeLayout(reader: BitReader, name: string): TensorLayout[] {
  const count = reader.number(4);
  if (count > 65536) throw damaged(name, `it claims ${count} tensors`);
  return Array.from({ length: count }, () => {
    const tensor = decodeName(reader, name);
    return listedLayout(tensor, decodeShape(reader, name));
  });
}
