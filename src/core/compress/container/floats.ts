/** Codes float32 or half values: sign, exponent and leading fraction bits adaptively, the rest, which nothing predicts, as plain bytes. */
import { fromHalf, toHalf } from '../../formats/half';
import { createCells, type BitPort, type Cells } from './bits';

export interface FloatModels {
  leading: Cells;
  second: Cells;
}

export function createFloatModels(): FloatModels {
  return { leading: createCells(4 * 256), second: createCells(2 * 65536) };
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

/** Writes one value, or reads it when port and tail read; `role` tells weights (0) from vectors (1). */
export function codeFloat(
  port: BitPort,
  tail: Tail,
  models: FloatModels,
  value: number,
  half: boolean,
  role: number,
): number {
  if (half) {
    const bits = toHalf(value);
    const leading = codeByte(port, models.leading, (2 + role) * 256, bits >>> 8);
    return fromHalf((leading << 8) | tail.byte(bits & 255));
  }
  float[0] = value;
  const bits = word[0];
  const leading = codeByte(port, models.leading, role * 256, bits >>> 24);
  const second = codeByte(port, models.second, (role * 256 + leading) * 256, (bits >>> 16) & 255);
  const high = tail.byte((bits >>> 8) & 255);
  const low = tail.byte(bits & 255);
  word[0] = ((leading << 24) | (second << 16) | (high << 8) | low) >>> 0;
  return float[0];
}

function codeByte(port: BitPort, cells: Cells, base: number, byte: number): number {
  let node = 1;
  for (let i = 7; i >= 0; i--) node = node * 2 + cells.code(port, base + node, (byte >>> i) & 1);
  return node - 256;
}
