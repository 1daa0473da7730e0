/** `kolmo runs` */
import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { readError } from '../core/error';
import { listRuns } from '../runs/folder';
import type { Metrics } from '../core/train/model';
import type { RunState } from '../runs/state';
import { formatCount } from '../core/count';
import { UsageError, type Command } from './command';
import { testColumn, textTable } from './table';

interface Listed {
  run: string;
  status: RunState['status'];
  stages: { name: string; bytes: number; testError?: number; metrics?: Metrics }[];
}

export const runs: Command = {
  usage: 'runs',
  summary:
    'Lists the runs below the current folder (or --out, which may hold runs itself), the newest first.',
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
          const testError = test?.error;
          return { name, bytes, testError, metrics: test };
        }),
      })),
    };
  },
  print(result) {
    const { runs: listed } = result as { runs: Listed[] };
    if (listed.length === 0) return 'No runs yet: kolmo train DATASET makes one.\n';
    const last = listed.map(({ stages }) => stages.at(-1));
    const [title, tests] = testColumn(last.map((stage) => stage?.metrics));
    const rows = listed.map(({ run, status }, i) => [
      run,
      status,
      last[i] ? formatCount(last[i].bytes) : '',
      tests[i],
    ]);
    return textTable(['run', 'status', 'bytes', title], rows);
  },
};
