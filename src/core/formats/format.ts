/** The contract of a model format: how its files are told, and how a header becomes a summary. */
import { KolmoError } from '../error';
import { sizeOf } from '../shape';
import type { ModelFile } from './modelFile';
import type { ByteSource, FilesBeside, ModelSummary, TensorSummary } from './summary';

export type FormatName =
  | 'kolmo'
  | 'safetensors'
  | 'onnx'
  | 'gguf'
  | 'npz'
  | 'npy'
  | 'tfjs'
  | 'tflite'
  | 'pytorch'
  | 'keras';

export interface Format {
  /** `ONNX`, as lists show it. */
  title: string;
  /** Endings of file names in lower case, with the dot. */
  extensions: string[];
  /** Whether the first bytes (at most 4096) can only be this format; absent where it has no magic. */
  magic?(head: Uint8Array): boolean;
  /** Reads the header alone. Throws a KolmoError naming file, offset, expected and found. */
  read(file: ModelFile): Promise<Omit<ModelSummary, 'format' | 'bytes'>>;
  /** Where the values of the tensors lie, and how they are stored; absent where they cannot be read by themselves. */
  locate?(file: ModelFile): Promise<LocatedTensor[]>;
}

/** A tensor whose values can be read without reading others: `readValues` gives them. */
export interface LocatedTensor {
  name: string;
  dtype: string;
  parameters: number;
  /** Length of the values. */
  bytes: number;
  /** What they are read from, which may unpack them. */
  file: ByteSource & { name: string };
  offset: number;
  /** How they are stored; absent for plain little-endian numbers of `dtype`. */
  coding?: Coding;
  /** Bytes that they take in the file, where they are packed there. */
  packed?: number;
  /** The axes from the one whose values lie farthest apart to the one whose values are neighbours, where that is not their order. */
  order?: number[];
  /** Names of the tensors that hold its scales and zero points. */
  parts?: string[];
  /** Its numbers are quantized in a way that is not read. */
  unscaled?: boolean;
  /** Reads its values, where they are not told by its bytes alone: those of a weight that several tensors hold. */
  read?(first: number, count: number): Promise<Float64Array>;
}

export type Coding =
  | { type: 'bigEndian' }
  /** Blocks of GGUF; `dtype` says which. */
  | { type: 'ggml' }
  /** `scale * (code - zeroPoint)`: one of each, or one a channel, which `inner` values in a row belong to. */
  | { type: 'quantized'; scales: number[]; zeroPoints: number[]; inner: number }
  /** `code * scale + least`; whole numbers where `whole` says so. */
  | { type: 'scaled'; scale: number; least: number; whole: boolean };

/** A header that lists more tensors than this is damaged, or made to exhaust memory. */
export const mostTensors = 1_000_000;

/** Characters of a name that are kept. */
export const longestName = 4096;

/** Bits of a value by its type's name, in all the spellings of the formats; 0 where it is not known. */
export function bitsOf(dtype: string): number {
  const known: Record<string, number> = { bool: 8, half: 16, float: 32, double: 64, boolean: 8 };
  if (Object.hasOwn(known, dtype)) return known[dtype];
  // f32, bf16, float32, float8e4m3fn, uint4, complex64, f8_e4m3…
  const digits = /^(?:bf|f|i|u|c|bits|float|bfloat|int|uint|complex)(\d+)/.exec(dtype)?.[1];
  return digits ? Number(digits) : 0;
}

/** Bytes that values of a type take when they are stored densely; undefined for unknown types. */
export function denseBytes(dtype: string, parameters: number): number | undefined {
  const bits = bitsOf(dtype);
  return bits === 0 ? undefined : Math.ceil((parameters * bits) / 8);
}

/** Number of values of a shape; throws where no file could hold them. */
export function countParameters(shape: number[], tensor: string, file: string): number {
  const count = sizeOf(shape);
  const bad = shape.find((size) => !Number.isSafeInteger(size) || size < 0);
  if (bad !== undefined || !Number.isSafeInteger(count)) {
    throw new KolmoError(
      `${file}: tensor “${shorten(tensor)}” claims the shape [${shape.slice(0, 8).join(', ')}${shape.length > 8 ? ', …' : ''}], which no file can hold. The header is damaged.`,
    );
  }
  return count;
}

export function summarise(
  tensors: TensorSummary[],
  notes: string[],
  beside: FilesBeside = { files: 0, bytes: 0 },
): Omit<ModelSummary, 'format' | 'bytes'> {
  return {
    ...(beside.files > 0 ? { beside } : {}),
    parameters: tensors.reduce((sum, tensor) => sum + tensor.parameters, 0),
    tensors,
    notes,
  };
}

export function shorten(name: string): string {
  return name.length > 80 ? `${name.slice(0, 79)}…` : name;
}
