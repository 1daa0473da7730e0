/** Byte ranges that a person can point at: lines of text, samples of an image file, records, blocks; and which of them cost most. */
import type { Syntax } from './syntax';

export interface Partition {
  unit: 'line' | 'sample' | 'row' | 'record' | 'block';
  /** First byte of each range; the next one begins where it ends, the last ends with the file. */
  starts: Uint32Array;
  /** Of samples alone: their pixels. */
  image?: { width: number; height: number };
}

/** Consecutive ranges, from number `first` to number `last`, that are judged together because one alone says little. */
export interface Region {
  first: number;
  last: number;
  /** Bytes, the end excluded. */
  from: number;
  to: number;
  bits: number;
}

const blockSize = 64;

/** A region has at least so many bytes, and a file at most so many regions. */
const least = { bytes: 64, share: 1 / 400 };

export function partition(bytes: Uint8Array, syntax: Syntax): Partition {
  switch (syntax.type) {
    case 'table':
    case 'json':
    case 'log':
    case 'text':
      return { unit: 'line', starts: lineStarts(bytes) };
    case 'image': {
      const { width, height, header } = syntax;
      const starts = steps(bytes.length, { stride: width * height, header });
      return { unit: 'sample', starts, image: { width, height } };
    }
    case 'raster':
      return { unit: 'row', starts: steps(bytes.length, { ...syntax, stride: syntax.row }) };
    case 'residuals':
      return {
        unit: 'record',
        starts: steps(bytes.length, { ...syntax, stride: syntax.sample * syntax.channels }),
      };
    case 'records':
      return { unit: 'record', starts: steps(bytes.length, syntax) };
    case 'bytes':
      return { unit: 'block', starts: steps(bytes.length, { stride: blockSize, header: 0 }) };
    default:
      return syntax satisfies never;
  }
}

/** The regions that cost most bits a byte, and those that cost least, at most `count` of each. */
export function extremes(
  costs: Float32Array,
  { unit, starts }: Partition,
  count: number,
): { dearest: Region[]; cheapest: Region[] } {
  const regions: Region[] = [];
  // A sample is enough of its own.
  const size = unit === 'sample' ? 0 : Math.max(least.bytes, costs.length * least.share);
  let open: Region | undefined;
  for (let k = 0; k < starts.length; k++) {
    const [from, to] = [starts[k], starts[k + 1] ?? costs.length];
    const bits = sumOf(costs, from, to);
    open = open
      ? { ...open, last: k, to, bits: open.bits + bits }
      : { first: k, last: k, from, to, bits };
    if (open.to - open.from < size && k < starts.length - 1) continue;
    if (open.to > open.from) regions.push(open);
    open = undefined;
  }
  const rate = ({ from, to, bits }: Region) => bits / (to - from);
  const rising = regions.sort((a, b) => rate(a) - rate(b) || a.from - b.from);
  // Of a small file every region would be in both lists.
  const most = Math.min(count, rising.length >> 1 || rising.length);
  return { dearest: rising.slice(-most).reverse(), cheapest: rising.slice(0, most) };
}

export function sumOf(costs: ArrayLike<number>, from: number, to: number): number {
  let sum = 0;
  for (let i = from; i < to; i++) sum += costs[i];
  return sum;
}

/** The context that predicted most of the bytes best, where any did. */
export function mostFrequent(
  best: ArrayLike<number>,
  from: number,
  to: number,
): number | undefined {
  const counts = new Map<number, number>();
  for (let i = from; i < to; i++) counts.set(best[i], (counts.get(best[i]) ?? 0) + 1);
  counts.delete(255);
  let most: number | undefined;
  for (const [context, count] of counts) {
    if (most === undefined || count > counts.get(most)!) most = context;
  }
  return most;
}

/** Lines as an editor counts them: after a line feed, a carriage return or both a line begins, be it empty. */
function lineStarts(bytes: Uint8Array): Uint32Array {
  const starts = [0];
  for (let i = 0; i < bytes.length; i++) {
    if (bytes[i] === 10 || (bytes[i] === 13 && bytes[i + 1] !== 10)) starts.push(i + 1);
  }
  return Uint32Array.from(starts);
}

function steps(size: number, { stride, header }: { stride: number; header: number }): Uint32Array {
  const starts = header > 0 ? [0] : [];
  for (let at = header; at < size; at += stride) starts.push(at);
  return Uint32Array.from(starts.length > 0 ? starts : [0]);
}
