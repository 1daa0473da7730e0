/** `kolmo sweep FILE.kolmo-sweep.json` */
import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { basename, join, resolve } from 'node:path';
import type { SweepSummary } from '../jobs/sweep';
import { formatCount, formatPercent, formatRatio } from '../runs/units';
import { parseSweep, sweepExtension } from '../runs/sweepFile';
import { UsageError, type Command } from './command';
import { runJob } from './runJob';
import { textTable } from './table';

export const sweep: Command = {
  usage: 'sweep FILE.kolmo-sweep.json',
  summary:
    'Trains and compresses every combination of a sweep file, on all cores; goes on where it was interrupted.',
  operands: ['FILE.kolmo-sweep.json'],
  flags: {
    workers: {
      type: 'number',
      description: 'Combinations at a time.',
      default: 'one for each core',
      minimum: 1,
      integer: true,
    },
  },
  async run({ operands: [file], given, threads, out, ...parsed }) {
    const base = resolve(file);
    const text = await readFile(base, 'utf8').catch((error: Error) => {
      throw new UsageError(`${file} cannot be read: ${error.message}.`);
    });
    const name = basename(file).replace(sweepExtension, '');
    return runJob<SweepSummary>(
      {
        type: 'sweep',
        sweep: parseSweep(text, file),
        base,
        folder: resolve(out ?? join('.kolmo', 'sweeps', name)),
        workers: (given.get('workers') as number | undefined) ?? availableParallelism(),
        threads: given.has('threads') ? threads : 1,
      },
      parsed,
    );
  },
  print(result) {
    const { points, file } = result as SweepSummary;
    const rows = points
      .toSorted((a, b) => (a.bytes ?? Infinity) - (b.bytes ?? Infinity))
      .map(({ settings, bytes, ratio, testError, problem }) => [
        Object.entries(settings)
          .map((pair) => pair.join(' '))
          .join(', '),
        bytes === undefined ? '' : formatCount(bytes),
        ratio === undefined ? '' : formatRatio(ratio),
        testError === undefined ? '' : formatPercent(testError),
        problem ?? '',
      ]);
    return `${textTable(['settings', 'bytes', 'ratio', 'test error', ''], rows)}${file}\n`;
  },
};
