/** What a report request does: writes report.md from the run's record and its history. */
import { basename, join } from 'node:path';
import { markdownReport } from '../core/report/report';
import { writeArtifact } from '../runs/artifact';
import { readRecord, readState } from '../runs/folder';
import type { ReportRequest } from './protocol';

/** What `kolmo report --json` prints. */
export interface ReportSummary {
  run: string;
  file: string;
  bytes: number;
}

export async function reportRun({ run }: Pick<ReportRequest, 'run'>): Promise<ReportSummary> {
  const record = await readRecord(run);
  const state = await readState(run);
  const file = join(run, 'report.md');
  const text = markdownReport({ name: basename(run), record, state });
  return { run, file, bytes: await writeArtifact(file, text) };
}
