/**
 * The values of GGUF's blocks, as `dequantize_row_*` of ggml gives them
 * (https://github.com/ggml-org/ggml/blob/master/src/ggml-quants.c), rounded to float32 where it rounds.
 */
import { fromHalf } from './half';

/** Decodes the block that begins at `at` to `values`, from `to` on. */
type Decode = (bytes: Uint8Array, at: number, values: Float64Array, to: number) => void;

/**
 * By the name of the type. The types that look their values up in grids of hundreds of rows
 * (iq1, iq2, iq3), and those that no file stores (q8_1, q8_k, q1_0), are not decoded.
 */
export const ggmlDecoders: Partial<Record<string, Decode>> = {
  q4_0(bytes, at, values, to) {
    const d = half(bytes, at);
    for (let i = 0; i < 32; i++) values[to + i] = d * (nibble(bytes, at + 2, i, 16) - 8);
  },
  q4_1(bytes, at, values, to) {
    const [d, m] = [half(bytes, at), half(bytes, at + 2)];
    for (let i = 0; i < 32; i++) {
      values[to + i] = Math.fround(Math.fround(d * nibble(bytes, at + 4, i, 16)) + m);
    }
  },
  q5_0(bytes, at, values, to) {
    const d = half(bytes, at);
    for (let i = 0; i < 32; i++) {
      const code = nibble(bytes, at + 6, i, 16) + 16 * bit(bytes, at + 2, i);
      values[to + i] = d * (code - 16);
    }
  },
  q5_1(bytes, at, values, to) {
    const [d, m] = [half(bytes, at), half(bytes, at + 2)];
    for (let i = 0; i < 32; i++) {
      const code = nibble(bytes, at + 8, i, 16) + 16 * bit(bytes, at + 4, i);
      values[to + i] = Math.fround(Math.fround(d * code) + m);
    }
  },
  q8_0(bytes, at, values, to) {
    const d = half(bytes, at);
    for (let i = 0; i < 32; i++) values[to + i] = d * signed(bytes[at + 2 + i]);
  },
  q2_k(bytes, at, values, to) {
    const [d, dmin] = [half(bytes, at + 80), half(bytes, at + 82)];
    for (let i = 0; i < 256; i++) {
      const scales = bytes[at + (i >> 4)];
      const scale = Math.fround(d * (scales & 15));
      const least = Math.fround(dmin * (scales >> 4));
      values[to + i] = Math.fround(Math.fround(scale * pair(bytes, at + 16, i)) - least);
    }
  },
  q3_k(bytes, at, values, to) {
    const d = half(bytes, at + 108);
    for (let i = 0; i < 256; i++) {
      const group = i >> 4;
      // Sixteen scales of six bits: the low four of all, then the high two.
      const low = (bytes[at + 96 + (group & 7)] >> (group < 8 ? 0 : 4)) & 15;
      const high = (bytes[at + 104 + (group & 3)] >> (2 * (group >> 2))) & 3;
      const scale = Math.fround(d * (low + 16 * high - 32));
      const positive = (bytes[at + (i & 31)] >> (i >> 5)) & 1;
      values[to + i] = Math.fround(scale * (pair(bytes, at + 32, i) - (positive ? 0 : 4)));
    }
  },
  q4_k(bytes, at, values, to) {
    decodeScaledMinimum(bytes, at, values, to, (i) => rowNibble(bytes, at + 16, i, 32));
  },
  q5_k(bytes, at, values, to) {
    decodeScaledMinimum(
      bytes,
      at,
      values,
      to,
      (i) => rowNibble(bytes, at + 48, i, 32) + 16 * ((bytes[at + 16 + (i & 31)] >> (i >> 5)) & 1),
    );
  },
  q6_k(bytes, at, values, to) {
    const d = half(bytes, at + 208);
    for (let i = 0; i < 256; i++) {
      const scale = Math.fround(d * signed(bytes[at + 192 + (i >> 4)]));
      const code = rowNibble(bytes, at, i, 64) + 16 * pair(bytes, at + 128, i);
      values[to + i] = Math.fround(scale * (code - 32));
    }
  },
  iq4_nl(bytes, at, values, to) {
    const d = half(bytes, at);
    for (let i = 0; i < 32; i++) values[to + i] = d * unevenSteps[nibble(bytes, at + 2, i, 16)];
  },
  iq4_xs(bytes, at, values, to) {
    const d = half(bytes, at);
    const highs = bytes[at + 2] | (bytes[at + 3] << 8);
    for (let i = 0; i < 256; i++) {
      const group = i >> 5;
      const low = (bytes[at + 4 + (group >> 1)] >> (4 * (group & 1))) & 15;
      const scale = Math.fround(d * (low + 16 * ((highs >> (2 * group)) & 3) - 32));
      values[to + i] = Math.fround(scale * unevenSteps[rowNibble(bytes, at + 8, i, 16)]);
    }
  },
  tq1_0(bytes, at, values, to) {
    const d = half(bytes, at + 52);
    for (let i = 0; i < 256; i++) {
      // Five digits of base three a byte, the first in its highest part: 32 bytes, 16 bytes, then 4 of four digits.
      const [start, width, place] =
        i < 160 ? [0, 32, i] : i < 240 ? [32, 16, i - 160] : [48, 4, i - 240];
      const byte = bytes[at + start + (place % width)];
      const digit = (((byte * 3 ** Math.floor(place / width)) & 255) * 3) >> 8;
      values[to + i] = d * (digit - 1);
    }
  },
  tq2_0(bytes, at, values, to) {
    const d = half(bytes, at + 64);
    for (let i = 0; i < 256; i++) values[to + i] = d * (pair(bytes, at, i) - 1);
  },
  mxfp4(bytes, at, values, to) {
    const scale = 2 ** (bytes[at] - 128);
    for (let i = 0; i < 32; i++) values[to + i] = scale * quarters[nibble(bytes, at + 1, i, 16)];
  },
  nvfp4(bytes, at, values, to) {
    for (let i = 0; i < 64; i++) {
      const group = i >> 4;
      const byte = bytes[at + group];
      const [exponent, fraction] = [(byte >> 3) & 15, byte & 7];
      const scale =
        byte === 0x7f
          ? 0
          : exponent === 0
            ? fraction * 2 ** -10
            : (8 + fraction) * 2 ** (exponent - 11);
      values[to + i] = scale * quarters[nibble(bytes, at + 4 + 8 * group, i & 15, 8)];
    }
  },
};

/** What the codes of iq4 stand for: closer to each other around zero. */
const unevenSteps = [-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113];

/** What the codes of four-bit floats (E2M1) stand for, doubled. */
const quarters = [0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12];

/** q4_k and q5_k: eight groups of 32, each with a scale and a minimum of six bits. */
function decodeScaledMinimum(
  bytes: Uint8Array,
  at: number,
  values: Float64Array,
  to: number,
  code: (i: number) => number,
): void {
  const [d, dmin] = [half(bytes, at), half(bytes, at + 2)];
  const packed = at + 4;
  for (let group = 0; group < 8; group++) {
    const of4 = group & 3;
    const [first, second, third] = [
      bytes[packed + of4],
      bytes[packed + 4 + of4],
      bytes[packed + 8 + of4],
    ];
    const scale = group < 4 ? first & 63 : (third & 15) | ((first >> 2) & 48);
    const least = group < 4 ? second & 63 : (third >> 4) | ((second >> 2) & 48);
    const [step, offset] = [Math.fround(d * scale), Math.fround(dmin * least)];
    for (let i = 32 * group; i < 32 * group + 32; i++) {
      values[to + i] = Math.fround(Math.fround(step * code(i)) - offset);
    }
  }
}

const half = (bytes: Uint8Array, at: number): number => fromHalf(bytes[at] | (bytes[at + 1] << 8));

const signed = (byte: number): number => (byte << 24) >> 24;

/** Value `i` of a block whose first half lies in the low nibbles of `width` bytes, the second in the high ones. */
const nibble = (bytes: Uint8Array, at: number, i: number, width: number): number =>
  i < width ? bytes[at + i] & 15 : bytes[at + i - width] >> 4;

/** The same where a block is rows of `width` bytes. */
function rowNibble(bytes: Uint8Array, at: number, i: number, width: number): number {
  const row = Math.floor(i / (2 * width));
  return nibble(bytes, at + row * width, i - 2 * width * row, width);
}

/** Value `i` of rows of 32 bytes, two bits each: 128 values a row, the lowest bits first. */
const pair = (bytes: Uint8Array, at: number, i: number): number =>
  (bytes[at + 32 * (i >> 7) + (i & 31)] >> (2 * ((i >> 5) & 3))) & 3;

const bit = (bytes: Uint8Array, at: number, i: number): number =>
  (bytes[at + (i >> 3)] >> (i & 7)) & 1;
