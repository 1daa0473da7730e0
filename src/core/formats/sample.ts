/** Looks at the values of a tensor: all of a small one, evenly spaced pieces of a large one. */
import { createHash } from 'node:crypto';
import { bitsOf, type LocatedTensor } from './format';
import { toHalf } from './half';
import { createNarrowing } from './narrow';
import { codeOf, type ValueCode } from './values';

export interface Sample {
  tensor: LocatedTensor;
  /** Values that were looked at; none where only their bytes can be told. */
  values: number;
  /** Share of them that are zero. */
  zeros: number;
  /** Different values among those that are not zero; `mostDistinct + 1` where there are more. */
  distinct: number;
  /** How many values other than zero the type has between the least and the largest of those, if it has few at all; else Infinity. */
  room: number;
  /** Bits that a value takes when each of its bytes is coded by how often it occurs at that place. */
  bitsPerValue: number;
  /** Smaller types that hold all of them without loss, the smallest first; of quantized numbers, their codes. */
  narrower: string[];
  /** Whether these are all values of the tensor. */
  whole: boolean;
  /** SHA-256 of the pieces: tensors that differ here are different. */
  hash: string;
}

const pieceBytes = 1 << 16;
const mostPieces = 32;
export const mostDistinct = 256;

/** Undefined for types that are not known, and tensors of no value. */
export async function sampleTensor(tensor: LocatedTensor): Promise<Sample | undefined> {
  const code = codeOf(tensor);
  if (!code || tensor.bytes < code.bytes) return undefined;
  const length = pieceBytes - (pieceBytes % code.bytes);
  const needed = Math.ceil(tensor.bytes / length);
  const pieces = Math.min(mostPieces, needed);
  const hash = createHash('sha256');
  const places = placesOf(code);
  const counts = Array.from({ length: places.count }, () => new Float64Array(256));
  const seen = new Set<number>();
  let [blocks, values, zeros] = [0, 0, 0];
  const narrowing = createNarrowing(tensor.dtype);
  // What quantized numbers need is told by their codes, not by what these stand for.
  const scaled = tensor.coding?.type === 'quantized' || tensor.coding?.type === 'scaled';
  const codes = scaled ? codeOf({ ...tensor, coding: undefined }) : undefined;
  for (let piece = 0; piece < pieces; piece++) {
    // Pieces begin at whole blocks, and follow one another where they are all of the tensor.
    const spaced = (piece * (needed > pieces ? tensor.bytes / pieces : length)) / code.bytes;
    const block0 = Math.floor(spaced);
    const start = block0 * code.bytes;
    const bytes = await tensor.file.read(
      tensor.offset + start,
      Math.min(length, tensor.bytes - start),
    );
    hash.update(bytes);
    const whole = Math.floor(bytes.length / code.bytes);
    blocks += whole;
    for (let at = 0, place = 0; at < whole * code.bytes; at++) {
      counts[places.of[place]][bytes[at]]++;
      if (++place === code.bytes) place = 0;
    }
    const first = block0 * code.values;
    const decoded = code.decode?.(bytes, first).subarray(0, tensor.parameters - first) ?? [];
    values += decoded.length;
    for (const value of decoded) {
      if (value === 0) zeros++;
      else if (seen.size <= mostDistinct) seen.add(value);
      if (!codes) narrowing.see(value);
    }
    for (const value of (codes?.decode?.(bytes, first) ?? []).slice(0, decoded.length)) {
      narrowing.see(value);
    }
  }
  const bits = counts.reduce((sum, plane) => sum + entropy(plane), 0);
  return {
    tensor,
    values,
    zeros: values > 0 ? zeros / values : 0,
    distinct: seen.size,
    room: roomOf(tensor, seen),
    bitsPerValue: bits / (blocks * code.values),
    narrower: values > 0 ? narrowing.types() : [],
    whole: values === tensor.parameters,
    hash: hash.digest('hex'),
  };
}

/** Of numbers of 16 bits, which are written in their order but for the sign. */
function roomOf({ dtype }: LocatedTensor, seen: Set<number>): number {
  if (seen.size === 0 || bitsOf(dtype) !== 16) return Infinity;
  const write = dtype.startsWith('b') ? toBfloat : toHalf;
  const places = [...seen].map((value) => Math.sign(value) * write(Math.abs(value)));
  const [least, largest] = [Math.min(...places), Math.max(...places)];
  return largest - least + (least > 0 || largest < 0 ? 1 : 0);
}

/** The 16 bits of a bfloat16. */
function toBfloat(value: number): number {
  const float = new Float32Array([value]);
  return new Uint32Array(float.buffer)[0] >>> 16;
}

/** Which bytes of a block are counted together: those of a part, or each by itself in a number and a scale. */
function placesOf({ parts }: ValueCode): { of: number[]; count: number } {
  const of: number[] = [];
  let count = 0;
  for (const part of parts) {
    const number = parts.length === 1 || part === 2;
    for (let i = 0; i < part; i++) of.push(number ? count++ : count);
    if (!number) count++;
  }
  return { of, count };
}

/** Bits of what was counted, each coded by how often it occurs. */
function entropy(counts: Float64Array): number {
  const total = counts.reduce((sum, count) => sum + count, 0);
  let bits = 0;
  for (const count of counts) if (count > 0) bits -= count * Math.log2(count / total);
  return bits;
}
