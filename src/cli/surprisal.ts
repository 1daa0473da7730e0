/** `kolmo surprisal FILE` */
import { resolve } from 'node:path';
import { wordCosts } from '../core/program/lines';
import { extremes, mostFrequent, sumOf, type Region } from '../core/program/ranges';
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
  /** Number of its first and last line, sample, record or block, counted from 1. */
  first: number;
  last: number;
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
    'Measures how many bits each part of a file costs a predictor that learns on it: what is law and what is accident.',
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
      await runJob<SurprisalMeasure>(
        {
          type: 'surprisal',
          file: resolve(file),
          ...(given.has('limit') && { limit: given.get('limit') as number }),
        },
        parsed,
      ),
    ),
  print(result) {
    const { file, bytes, bits, bitsPerByte, unit, dearest, cheapest } = result as SurprisalSummary;
    const rows = (regions: CostOfRegion[]): string[][] =>
      regions.map(({ first, last, from, to, bits: cost, bitsPerByte: rate, context }) => [
        first === last ? `${unit} ${first}` : `${unit}s ${first}-${last}`,
        `${from}-${to}`,
        formatCount(cost),
        rate.toFixed(3),
        context ?? '',
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
  const { file, data, costs, best, contexts, partition } = measure;
  const { unit, starts } = partition;
  const range = (from: number, to: number): CostOfRange => ({
    from,
    to,
    bits: rounded(sumOf(costs, from, to)),
  });
  const named = (context: number | undefined) =>
    context === undefined ? {} : { context: contexts[context] };
  const region = ({ first, last, from, to, bits }: Region): CostOfRegion => ({
    ...range(from, to),
    first: first + 1,
    last: last + 1,
    bitsPerByte: rounded(bits / (to - from)),
    ...named(mostFrequent(best, from, to)),
  });
  const { dearest, cheapest } = extremes(costs, partition, shown);
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
      const tokens = wordCosts(data, measure, { from, to }).map((word) => ({
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
