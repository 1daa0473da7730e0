/** `kolmo compare RUN RUN…` */
import { basename, resolve } from 'node:path';
import { cellText, comparisonParts, compareRuns, type ComparisonRow } from '../report/compare';
import { readRecord, readState } from '../runs/folder';
import type { Command } from './command';
import { textTable } from './table';

/** What `kolmo compare --json` prints. */
interface Compared {
  runs: string[];
  rows: ComparisonRow[];
}

export const compare: Command = {
  usage: 'compare RUN RUN…',
  summary: 'Shows settings, bytes and metrics of several runs side by side; * marks what differs.',
  operands: ['RUN', 'RUN…'],
  flags: {},
  async run({ operands }): Promise<Compared> {
    const folders = operands.map((operand) => resolve(operand));
    const runs = await Promise.all(
      folders.map(async (folder) => ({
        name: basename(folder),
        record: await readRecord(folder),
        state: await readState(folder),
      })),
    );
    return { runs: folders, rows: compareRuns(runs) };
  },
  print(result) {
    const { runs, rows } = result as Compared;
    return comparisonParts
      .map((part) =>
        textTable(
          ['', part, ...runs.map((run) => basename(run))],
          rows
            .filter((row) => row.part === part)
            .map((row) => [
              row.differs ? '*' : '',
              row.name,
              ...row.values.map((value) => cellText(row, value)),
            ]),
        ),
      )
      .join('\n');
  },
};
