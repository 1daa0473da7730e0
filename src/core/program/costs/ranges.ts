/** Byte ranges that a person can point at: lines of text, samples of an image file, records, blocks; and which of them cost most. */
import type { Syntax } from '../syntax';
import { encodingOf, unitBytes, unitReader, type Encoding } from '../syntax/encoding';
import type { Stack } from '../syntax/media';
import { cutsOf } from './cuts';

export interface Partition {
  unit: 'line' | 'sample' | 'row' | 'record' | 'block';
  /** First byte of each range; the next one begins where it ends, the last ends with the file. */
  starts: Uint32Array;
  /** Whether the first range is what stands before the first sample, row or record. */
  isHeaded: boolean;
  /** Of lines alone. */
  encoding?: Encoding;
  /** Of samples alone: their pixels, and the bytes of each. */
  image?: Pick<Stack, 'width' | 'height' | 'channels'>;
}

/** Consecutive ranges, or parts of long ones, from number `first` to number `last`, that are judged together because one alone says little. */
export interface Region {
  first: number;
  last: number;
  /** Bytes, the end excluded. */
  from: number;
  to: number;
  bits: number;
}

/** Bytes of a part of what has none of its own. */
const blockSize = 64;

/** A region has at least so many bytes, and at least this share of its file. */
const least = { bytes: 64, share: 1 / 400 };

/**
 * The parts of a file that a person would name, from its first byte to its last.
 * @param stack the images that the bytes are, whatever else they were taken for
 */
export function partition(bytes: Uint8Array, syntax: Syntax, stack?: Stack): Partition {
  if (stack) return samples(bytes.length, stack);
  // What is predicted as binary may be a text in another encoding.
  if (encodingOf(bytes) !== 'utf8') return linesOf(bytes);
  switch (syntax.type) {
    case 'table':
    case 'json':
    case 'log':
    case 'text':
      return linesOf(bytes);
    case 'image':
      return samples(bytes.length, { ...syntax, channels: 1 });
    case 'raster':
      return { unit: 'row', ...steps(bytes.length, { ...syntax, stride: syntax.row }) };
    case 'residuals':
      return {
        unit: 'record',
        ...steps(bytes.length, { ...syntax, stride: syntax.sample * syntax.channels }),
      };
    case 'records':
      return { unit: 'record', ...steps(bytes.length, syntax) };
    case 'bytes':
      return { unit: 'block', ...steps(bytes.length, { stride: blockSize, header: 0 }) };
    default:
      return syntax satisfies never;
  }
}

/** The lines of a text, in the encoding that its beginning tells unless another one is given. */
export function linesOf(bytes: Uint8Array, encoding = encodingOf(bytes)): Partition {
  return { unit: 'line', starts: lineStarts(bytes, encoding), isHeaded: false, encoding };
}

function samples(
  size: number,
  { width, height, channels, header }: Omit<Stack, 'count'>,
): Partition {
  const ranges = steps(size, { stride: width * height * channels, header });
  return { unit: 'sample', ...ranges, image: { width, height, channels } };
}

/**
 * The regions that cost most bits a byte, and those that cost least, at most `count` of each.
 * @param bytes what was measured
 */
export function extremes(
  bytes: Uint8Array,
  costs: Float32Array,
  partition: Partition,
  count: number,
): { dearest: Region[]; cheapest: Region[] } {
  const regions = regionsOf(bytes, partition).map((region) => ({
    ...region,
    bits: sumOf(costs, region.from, region.to),
  }));
  const rate = ({ from, to, bits }: Region) => bits / (to - from);
  const rising = regions.sort((a, b) => rate(a) - rate(b) || a.from - b.from);
  // Of a small file every region would be in both lists.
  const most = Math.min(count, rising.length >> 1 || rising.length);
  return { dearest: rising.slice(-most).reverse(), cheapest: rising.slice(0, most) };
}

/** All bytes in regions, in their order. */
function regionsOf(
  bytes: Uint8Array,
  { unit, starts, encoding = 'utf8' }: Partition,
): Omit<Region, 'bits'>[] {
  // A sample is enough of its own.
  const size = unit === 'sample' ? 0 : Math.max(least.bytes, bytes.length * least.share);
  const regions: Omit<Region, 'bits'>[] = [];
  let open: Omit<Region, 'bits'> | undefined;
  for (const [k, start] of starts.entries()) {
    const end = starts[k + 1] ?? bytes.length;
    const cuts = unit === 'line' ? cutsOf(bytes, { from: start, to: end }, { size, encoding }) : [];
    let from = start;
    for (const to of [...cuts, end]) {
      open = { first: open?.first ?? k, last: k, from: open?.from ?? from, to };
      from = to;
      if (open.to - open.from < size && open.to < bytes.length) continue;
      if (open.to > open.from) regions.push(open);
      open = undefined;
    }
  }
  return regions;
}

/** Bits of the bytes [`from`, `to`). */
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
function lineStarts(bytes: Uint8Array, encoding: Encoding): Uint32Array {
  const width = unitBytes(encoding);
  const unitAt = unitReader(bytes, encoding);
  const starts = [0];
  for (let i = 0; i + width <= bytes.length; i += width) {
    const unit = unitAt(i);
    if (unit === 10 || (unit === 13 && unitAt(i + width) !== 10)) starts.push(i + width);
  }
  return Uint32Array.from(starts);
}

function steps(
  size: number,
  { stride, header }: { stride: number; header: number },
): Pick<Partition, 'starts' | 'isHeaded'> {
  const isHeaded = header > 0;
  const starts = isHeaded ? [0] : [];
  for (let at = header; at < size; at += stride) starts.push(at);
  return { starts: Uint32Array.from(starts.length > 0 ? starts : [0]), isHeaded };
}
