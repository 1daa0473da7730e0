/** What the comparison of two model files tells: the contract. */
import type { FormatName } from '../formats/format';
import type { ModelSummary } from '../formats/summary';

/** Two model files, the first of which is what the second one is measured against. */
export interface Comparison {
  a: ComparedFile;
  b: ComparedFile;
  /** Tensors that are in both, in the order of the first file. */
  pairs: TensorPair[];
  onlyInA: TensorSide[];
  onlyInB: TensorSide[];
  totals: Totals;
}

export interface ComparedFile extends Pick<ModelSummary, 'bytes' | 'beside' | 'parameters'> {
  /** Path as it was given. */
  file: string;
  format: FormatName;
}

/** A tensor as one of the files stores it. */
export interface TensorSide {
  name: string;
  /** As the format names it. */
  dtype: string;
  shape: number[];
  parameters: number;
  /** Bytes in the file, those of its scales and zero points among them. */
  bytes: number;
  bitsPerParameter: number;
}

export interface TensorPair {
  a: TensorSide;
  b: TensorSide;
  /** How it is known that they are the same tensor. */
  by: 'name' | 'gguf' | 'prefix' | 'values';
  /** Whether both files store it in the same type, however they spell it. */
  sameType: boolean;
  /** Which axis of the second is each axis of the first, where they lie otherwise. */
  axes?: number[];
  /** Rows of each head, where llama.cpp's file has their second half between those of the first. */
  headRows?: number;
  /** Whether the values of llama.cpp's file have 1 added, which the difference is without. */
  oneAdded?: boolean;
  /** Absent where the values were not compared. */
  difference?: Difference;
  /** Why they were not, as a sentence. */
  notCompared?: string;
}

/** The values of the second tensor held against those of the first, quantized ones as what they stand for. */
export interface Difference {
  /** Whether all values are the same. */
  equal: boolean;
  /** 10 log10(Σa² / Σ(a-b)²) in decibels; absent where no value differs, all of the first are zero, or a sum is beyond all numbers. */
  sqnr?: number;
  /** √(Σ(a-b)² / Σa²); absent where it is no finite number, or no values differ but those that are none. */
  relativeError?: number;
  /** Absent where no values differ but those that are no finite numbers. */
  largestError?: number;
  /** Absent where all values of a side are zero, or a sum is beyond all numbers. */
  cosine?: number;
  /** Share of the values that are zero, on either side. */
  sparsity: { a: number; b: number };
  /** Pairs of values of which one is no finite number and the other differs: nothing else counts them. */
  notFinite?: number;
}

export interface Totals {
  /** Pairs by what was found: same type and values, same values in another type, other values, not compared. */
  identical: number;
  sameValues: number;
  different: number;
  notCompared: number;
  /** Parameters of the pairs whose values were compared. */
  comparedParameters: number;
  /**
   * Over all compared values but those of integers that are no levels, such as counters, and of tensors that hold
   * numbers so large that nothing else would count, such as masks; absent where there are none.
   */
  overall?: Difference;
}

/** How far a comparison is. */
export interface CompareEvent {
  type: 'progress';
  /** Values that were compared, of how many. */
  done: number;
  total: number;
  /** The tensor at hand. */
  note: string;
}
