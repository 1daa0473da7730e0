/** Codes float32 or half values: sign, exponent and leading fraction bits adaptively, the rest, which nothing predicts, as plain bytes. */
import { fromHalf, toHalf } from '../../formats/half';
import { cellBytes, type Coder } from './coder';

/** Where the cells begin for the first byte of a value and, given that, for the second. */
export interface FloatModels {
  leading: number;
  second: number;
}

export function createFloatModels(coder: Coder): FloatModels {
  return { leading: coder.roomForCells(4 * 256), second: coder.roomForCells(2 * 65536) };
}

/** Plain bytes, last one first from the end of the file, since only decoding tells how many there are. */
export interface Tail {
  /** Writes the byte that it is given, or ignores it and answers the one it reads. */
  byte(value: number): number;
}

export function writingTail(): Tail & { finish(): Uint8Array } {
  const bytes: number[] = [];
  return {
    byte(value) {
      bytes.push(value);
      return value;
    },
    finish: () => Uint8Array.from(bytes).reverse(),
  };
}

/** Reads backwards from `end`; in front of the file there are zeros. */
export function readingTail(bytes: Uint8Array, end: number): Tail {
  let position = end;
  return { byte: () => bytes[--position] ?? 0 };
}

/** Bytes of the tail that a value takes. */
export const tailBytes = (half: boolean): number => (half ? 1 : 2);

const float = new Float32Array(1);
const word = new Uint32Array(float.buffer);

/** Writes one value, or reads it when coder and tail read; `role` tells weights (0) from vectors (1). */
export function codeFloat(
  coder: Coder,
  tail: Tail,
  models: FloatModels,
  value: number,
  half: boolean,
  role: number,
): number {
  if (half) {
    const bits = toHalf(value);
    const leading = codeByte(coder, models.leading, (2 + role) * 256, bits >>> 8);
    return fromHalf((leading << 8) | tail.byte(bits & 255));
  }
  float[0] = value;
  const bits = word[0];
  const leading = codeByte(coder, models.leading, role * 256, bits >>> 24);
  const second = codeByte(coder, models.second, (role * 256 + leading) * 256, (bits >>> 16) & 255);
  const high = tail.byte((bits >>> 8) & 255);
  const low = tail.byte(bits & 255);
  word[0] = ((leading << 24) | (second << 16) | (high << 8) | low) >>> 0;
  return float[0];
}

function codeByte(coder: Coder, cells: number, base: number, byte: number): number {
  let node = 1;
  for (let i = 7; i >= 0; i--) {
    node = node * 2 + coder.codeCell(cells + (base + node) * cellBytes, (byte >>> i) & 1);
  }
  return node - 256;
}
