/** `kolmo report RUN` */
import { resolve } from 'node:path';
import type { ReportSummary } from '../jobs/report';
import type { Command } from './command';
import { runJob } from './runJob';

export const report: Command = {
  usage: 'report RUN',
  summary: 'Writes report.md of a run again.',
  operands: ['RUN'],
  flags: {},
  run: ({ operands: [run], ...parsed }) => runJob({ type: 'report', run: resolve(run) }, parsed),
  print: (result) => `${(result as ReportSummary).file}\n`,
};
