/** Looks at the values of a tensor: all of a small one, evenly spaced pieces of a large one. */
import { createHash } from 'node:crypto';
import { bitsOf, type LocatedTensor } from './format';

export interface Sample {
  tensor: LocatedTensor;
  /** Values that were looked at. */
  values: number;
  /** Share of them that are zero. */
  zeros: number;
  /** Different values among those that are not zero; `mostDistinct + 1` where there are more. */
  distinct: number;
  /** Bits that a value takes when each of its bytes is coded by how often it occurs at that place. */
  bitsPerValue: number;
  /** Whether all are bfloat16 widened to float32: the lower half of each is zero. */
  widened: boolean;
  /** SHA-256 of the pieces: tensors that differ here are different. */
  hash: string;
}

const pieceBytes = 1 << 16;
const mostPieces = 32;
export const mostDistinct = 256;

/** Types of whole bytes only; others give undefined. */
export async function sampleTensor(tensor: LocatedTensor): Promise<Sample | undefined> {
  const size = bitsOf(tensor.dtype) / 8;
  if (!Number.isInteger(size) || size === 0 || size > 8 || tensor.bytes < size) return undefined;
  const pieces = Math.min(mostPieces, Math.ceil(tensor.bytes / pieceBytes));
  const hash = createHash('sha256');
  const counts = Array.from({ length: size }, () => new Float64Array(256));
  const seen = new Set<string | number>();
  const float = /^(bf|f|float|bfloat|half|double)/.test(tensor.dtype);
  let [values, zeros] = [0, 0];
  let lower = 0;
  for (let piece = 0; piece < pieces; piece++) {
    // Pieces begin at whole values.
    const values0 = Math.floor((piece * tensor.bytes) / pieces / size);
    const bytes = await tensor.file.read(
      tensor.offset + values0 * size,
      Math.min(pieceBytes, tensor.bytes - values0 * size),
    );
    hash.update(bytes);
    for (let at = 0; at + size <= bytes.length; at += size) {
      values++;
      if (size === 4) lower |= bytes[at] | bytes[at + 1];
      let [low, high] = [0, 0];
      for (let i = 0; i < size; i++) {
        const byte = bytes[at + i];
        counts[i][byte]++;
        if (i < 4) low += byte * 256 ** i;
        else high += byte * 256 ** (i - 4);
      }
      // -0 is a zero too: only the sign bit of the last byte is set.
      const last = bytes[at + size - 1];
      const sign = float && last === 0x80;
      const rest = size > 4 ? low + high : low;
      if (rest === 0 || (sign && rest === 0x80 * 256 ** ((size - 1) % 4))) zeros++;
      else if (seen.size <= mostDistinct) seen.add(size > 4 ? `${high}:${low}` : low);
    }
  }
  const bitsPerValue = counts.reduce((sum, plane) => sum + entropy(plane, values), 0);
  return {
    tensor,
    values,
    zeros: zeros / values,
    distinct: seen.size,
    bitsPerValue,
    widened: float && size === 4 && lower === 0,
    hash: hash.digest('hex'),
  };
}

/** Shannon entropy in bits of what was counted. */
function entropy(counts: Float64Array, total: number): number {
  let bits = 0;
  for (const count of counts) if (count > 0) bits -= (count / total) * Math.log2(count / total);
  return bits;
}
