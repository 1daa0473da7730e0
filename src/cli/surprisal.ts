/** `kolmo surprisal FILE` */
import { resolve } from 'node:path';
import { wordCosts } from '../core/program/costs/lines';
import { extremes, mostFrequent, sumOf, type Region } from '../core/program/costs/ranges';
import type { SurprisalMeasure } from '../jobs/surprisal';
import { formatCount } from '../core/count';
import { formatBytes } from '../runs/units';
import type { Command } from './command';
import { runJob } from './runJob';
import { textTable } from './table';

interface CostOfRange {
  /** Bytes of the file, the end excluded. */
  from: number;
  to: number;
  bits: number;
}

interface CostOfRegion extends CostOfRange {
  /** Number of its first and last line, sample, record or block, counted from 1; 0 is what stands before them. */
  first: number;
  last: number;
  /** Of an image in a folder: its path there. */
  name?: string;
  bitsPerByte: number;
  /** What predicted most of its bytes best. */
  context?: string;
}

/** What `kolmo surprisal --json` prints. */
interface SurprisalSummary {
  file: string;
  bytes: number;
  bits: number;
  bitsPerByte: number;
  unit: SurprisalMeasure['partition']['unit'];
  /** The file in order; of text, with what each word cost and what predicted it. */
  ranges: (CostOfRange & { tokens?: (CostOfRange & { context?: string })[] })[];
  dearest: CostOfRegion[];
  cheapest: CostOfRegion[];
}

const shown = 8;

export const surprisal: Command = {
  usage: 'surprisal FILE',
  summary:
    'Measures how many bits each part of a file, or each image of a folder, costs a predictor that learns on it: what is law and what is accident.',
  operands: ['FILE'],
  flags: {
    limit: {
      type: 'number',
      description: 'Measure only so many bytes from the beginning.',
      minimum: 1,
      integer: true,
    },
  },
  run: async ({ operands: [file], given, ...parsed }) =>
    summaryOf(
      await runJob(
        {
          type: 'surprisal',
          file: resolve(file),
          ...(given.has('limit') && { limit: given.get('limit') as number }),
        },
        parsed,
      ),
    ),
  print(result) {
    const { file, bytes, bits, bitsPerByte, unit, ranges, dearest, cheapest } =
      result as SurprisalSummary;
    /** A region in one long line is said to be in it. */
    const placeOf = ({ first, last, name, from, to }: CostOfRegion): string => {
      if (name) return name;
      if (last === 0) return 'header';
      if (first === 0) return `header, ${unit}s 1-${last}`;
      if (first !== last) return `${unit}s ${first}-${last}`;
      const isPart = !ranges.some((range) => range.from === from && range.to === to);
      return isPart ? `in ${unit} ${first}` : `${unit} ${first}`;
    };
    const rows = (regions: CostOfRegion[]): string[][] =>
      regions.map((region) => [
        placeOf(region),
        `${region.from}-${region.to}`,
        formatCount(region.bits),
        region.bitsPerByte.toFixed(3),
        region.context ?? '',
      ]);
    const heads = [unit, 'bytes', 'bits', 'bits a byte', 'best predicted from'];
    if (bytes === 0) return `${file} is empty: nothing in it can surprise.\n`;
    return [
      `${file}: ${bitsPerByte.toFixed(3)} bits a byte, ${formatBytes(Math.ceil(bits / 8))} of surprise in ${formatBytes(bytes)}\n`,
      '\nDearest\n',
      textTable(heads, rows(dearest)),
      '\nCheapest\n',
      textTable(heads, rows(cheapest)),
    ].join('');
  },
};

function summaryOf(measure: SurprisalMeasure): SurprisalSummary {
  const { file, data, costs, best, contexts, partition, names } = measure;
  const { unit, starts, isHeaded, encoding } = partition;
  const range = (from: number, to: number): CostOfRange => ({
    from,
    to,
    bits: rounded(sumOf(costs, from, to)),
  });
  const named = (context: number | undefined) =>
    context === undefined ? {} : { context: contexts[context] };
  const before = isHeaded ? 0 : 1;
  const region = ({ first, last, from, to, bits }: Region): CostOfRegion => ({
    ...range(from, to),
    first: first + before,
    last: last + before,
    ...(names && first > 0 && first === last && { name: names[first - 1] }),
    bitsPerByte: rounded(bits / (to - from)),
    ...named(mostFrequent(best, from, to)),
  });
  const { dearest, cheapest } = extremes(data, costs, partition, shown);
  const bits = sumOf(costs, 0, costs.length);
  return {
    file,
    bytes: data.length,
    bits: rounded(bits),
    bitsPerByte: rounded(bits / Math.max(1, data.length)),
    unit,
    ranges: Array.from(starts, (from, k) => {
      const to = starts[k + 1] ?? data.length;
      if (unit !== 'line') return range(from, to);
      const tokens = wordCosts(data, measure, { from, to }, encoding).map((word) => ({
        ...range(word.from, word.from + word.bytes),
        ...named(word.best),
      }));
      return { ...range(from, to), tokens };
    }),
    dearest: dearest.map(region),
    cheapest: cheapest.map(region),
  };
}

/** A thousandth of a bit tells nothing. */
const rounded = (bits: number): number => Math.round(bits * 1000) / 1000;
