/** The prequential curve: what the data so far cost on average. Where it flattens, nothing more is being learned. */
import type { ProgramEvent } from '../contract';
import { sumOf } from './ranges';

/** Points of a file's curve. */
export const curvePoints = 64;

/** Consecutive bytes of a file, and the bits that they cost. */
export interface Part {
  bytes: number;
  bits: number;
}

/** At most `count` equal parts; `size` is that of the file, `costs` are those of what is predicted in its place. */
export function partsOf(costs: Float32Array, size: number, count: number): Part[] {
  const most = Math.min(count, costs.length);
  return Array.from({ length: most }, (_, k) => {
    const [from, to] = [k, k + 1].map((cut) => Math.floor((cut * costs.length) / most));
    return { bytes: ((to - from) * size) / costs.length, bits: sumOf(costs, from, to) };
  });
}

/** What the file so far cost at the end of each part. */
export function curveOf(parts: Part[]): ProgramEvent[] {
  let [bytes, bits] = [0, 0];
  return parts.map((part) => {
    bytes += part.bytes;
    bits += part.bits;
    return { type: 'curve', bytes: Math.round(bytes), bitsPerByte: bits / bytes };
  });
}
