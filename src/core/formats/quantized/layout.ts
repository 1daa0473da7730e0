/** The contract of a layout of quantized weights: files that hold the weight of a layer as several tensors, codes apart from scales. */
import type { LocatedTensor } from '../format';

export interface QuantizedLayout {
  /** What the names of the tensors that weights of this layout are told by end in. */
  keys: string[];
  /** Undefined where the tensors of the layer are not of this layout. */
  join(layer: Layer): Promise<JoinedWeight | undefined>;
}

/** A tensor as the file lists it. */
export interface ListedTensor extends LocatedTensor {
  shape: number[];
}

export interface Layer {
  /** The key that it was found by. */
  key: string;
  /** The tensor of that name within the layer: `qweight`, `weight.absmax`. */
  tensor(name: string): ListedTensor | undefined;
  /** What the files beside the model say about its quantization; undefined where they say nothing. */
  settings(): Promise<Record<string, unknown> | undefined>;
}

/** The weight that several tensors hold together. */
export interface JoinedWeight {
  /** Its name within the layer, where that is not `weight`. */
  name?: string;
  /** `gptq-int4-g128` */
  dtype: string;
  /** That of the weight before it was quantized. */
  shape: number[];
  /** The tensor with the codes first, then those that say what they stand for. */
  parts: ListedTensor[];
  /** What is stored, as a phrase: `GPTQ: 4 bits a weight, with a scale for each 128 inputs of an output`. */
  stored: string;
  /** What the codes stand for, row by row of the shape. */
  read(first: number, count: number): Promise<Float64Array>;
}
