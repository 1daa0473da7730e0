/** What the header of a model file tells, whatever its format. */
export interface ModelSummary {
  /** `onnx`, `kolmo`, `safetensors`… */
  format: string;
  /** Length of the file on disk. */
  bytes: number;
  /** Files beside it that hold its weights (shards, external data), as far as they are there; absent where there are none. */
  beside?: FilesBeside;
  parameters: number;
  tensors: TensorSummary[];
  /** Facts worth a line: producer, opset, encoding. */
  notes: string[];
}

export interface FilesBeside {
  files: number;
  bytes: number;
}

/** Bytes of a model in all its files. */
export const allBytes = ({ bytes, beside }: Pick<ModelSummary, 'bytes' | 'beside'>): number =>
  bytes + (beside?.bytes ?? 0);

/** Bits that a model's files spend on each of its parameters; all of them where it has none. */
export const bitsPerParameter = (
  model: Pick<ModelSummary, 'bytes' | 'beside' | 'parameters'>,
): number => (8 * allBytes(model)) / Math.max(1, model.parameters);

export interface TensorSummary {
  name: string;
  /** As the format names it: `float32`, `F16`, `int8`… in lower case. */
  dtype: string;
  shape: number[];
  parameters: number;
  /** Bytes stored for this tensor in the file. */
  bytes: number;
  /** How a quantized weight is stored that several tensors of the file hold together, as a phrase. */
  stored?: string;
}

/** Random access to a file, so that opening a 100 GB model costs its header. */
export interface ByteSource {
  length: number;
  /** Reads at most `length` bytes at `offset`; fewer only at the end of the file. */
  read(offset: number, length: number): Promise<Uint8Array>;
}
