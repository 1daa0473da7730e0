/** `kolmo runs` */
import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { readError } from '../core/error';
import { listRuns } from '../runs/folder';
import type { RunState } from '../runs/state';
import { formatCount } from '../core/count';
import { metricText } from '../runs/units';
import { UsageError, type Command } from './command';
import { textTable } from './table';

interface Listed {
  run: string;
  status: RunState['status'];
  stages: { name: string; bytes: number; testError?: number }[];
}

export const runs: Command = {
  usage: 'runs',
  summary: 'Lists the runs below the current folder (or --out), the newest first.',
  operands: [],
  flags: { out: { type: 'text', description: 'Folder to look in.' } },
  async run({ out = '.' }) {
    const there = await stat(out).catch((error: unknown) => {
      throw new UsageError(readError(error, out).message);
    });
    if (!there.isDirectory()) throw new UsageError(`${out} is not a folder: name one to look in.`);
    const found = await listRuns(resolve(out));
    return {
      runs: found.map(({ folder, state }): Listed => ({
        run: folder,
        status: state.status,
        stages: state.chain.map((name) => {
          const { bytes, test } = state.stages[name]!.result!;
          return { name, bytes, ...(test?.error !== undefined && { testError: test.error }) };
        }),
      })),
    };
  },
  print(result) {
    const { runs: listed } = result as { runs: Listed[] };
    if (listed.length === 0) return 'No runs yet: kolmo train DATASET makes one.\n';
    const rows = listed.map(({ run, status, stages }) => {
      const last = stages.at(-1);
      const error = last?.testError;
      return [
        run,
        status,
        last ? formatCount(last.bytes) : '',
        error === undefined ? '' : metricText({ loss: 0, error }),
      ];
    });
    return textTable(['run', 'status', 'bytes', 'test error'], rows);
  },
};
