/** The types of tensors in GGUF: blocks of values, each with scales of its own (https://github.com/ggml-org/ggml/blob/master/src/ggml-common.h). */

export interface GgmlType {
  name: string;
  /** Values a block. */
  values: number;
  /** Lengths in bytes of the parts of a block, in order; parts of two bytes are scales, or values, of half precision. */
  parts: number[];
}

/** By the number that a file has for them. */
export const ggmlTypes: Partial<Record<number, GgmlType>> = {
  0: { name: 'f32', values: 1, parts: [4] },
  1: { name: 'f16', values: 1, parts: [2] },
  2: { name: 'q4_0', values: 32, parts: [2, 16] },
  3: { name: 'q4_1', values: 32, parts: [2, 2, 16] },
  6: { name: 'q5_0', values: 32, parts: [2, 4, 16] },
  7: { name: 'q5_1', values: 32, parts: [2, 2, 4, 16] },
  8: { name: 'q8_0', values: 32, parts: [2, 32] },
  9: { name: 'q8_1', values: 32, parts: [2, 2, 32] },
  10: { name: 'q2_k', values: 256, parts: [16, 64, 2, 2] },
  11: { name: 'q3_k', values: 256, parts: [32, 64, 12, 2] },
  12: { name: 'q4_k', values: 256, parts: [2, 2, 12, 128] },
  13: { name: 'q5_k', values: 256, parts: [2, 2, 12, 32, 128] },
  14: { name: 'q6_k', values: 256, parts: [128, 64, 16, 2] },
  15: { name: 'q8_k', values: 256, parts: [4, 256, 32] },
  16: { name: 'iq2_xxs', values: 256, parts: [2, 64] },
  17: { name: 'iq2_xs', values: 256, parts: [2, 64, 8] },
  18: { name: 'iq3_xxs', values: 256, parts: [2, 64, 32] },
  19: { name: 'iq1_s', values: 256, parts: [2, 32, 16] },
  20: { name: 'iq4_nl', values: 32, parts: [2, 16] },
  21: { name: 'iq3_s', values: 256, parts: [2, 64, 8, 32, 4] },
  22: { name: 'iq2_s', values: 256, parts: [2, 32, 32, 8, 8] },
  23: { name: 'iq4_xs', values: 256, parts: [2, 2, 4, 128] },
  24: { name: 'i8', values: 1, parts: [1] },
  25: { name: 'i16', values: 1, parts: [2] },
  26: { name: 'i32', values: 1, parts: [4] },
  27: { name: 'i64', values: 1, parts: [8] },
  28: { name: 'f64', values: 1, parts: [8] },
  29: { name: 'iq1_m', values: 256, parts: [32, 16, 8] },
  30: { name: 'bf16', values: 1, parts: [2] },
  34: { name: 'tq1_0', values: 256, parts: [48, 4, 2] },
  35: { name: 'tq2_0', values: 256, parts: [64, 2] },
  39: { name: 'mxfp4', values: 32, parts: [1, 16] },
  40: { name: 'nvfp4', values: 64, parts: [4, 32] },
  41: { name: 'q1_0', values: 128, parts: [2, 16] },
};

/** Bytes that a block takes. */
export const blockBytes = ({ parts }: GgmlType): number =>
  parts.reduce((sum, bytes) => sum + bytes, 0);
