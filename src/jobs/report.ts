/** What a report request does: writes report.md from the run's record, its history and its packed model. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { decode, encodeWithLedger } from '../core/compress/container/container';
import type { Ledger } from '../core/compress/container/ledger';
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
  const ledger = await ledgerOf(join(run, 'model.kolmo'));
  const file = join(run, 'report.md');
  const text = markdownReport({ name: basename(run), record, state, ledger });
  return { run, file, bytes: await writeArtifact(file, text) };
}

/** The ledger of a packed file; packing what it decodes to gives the same bytes again. */
async function ledgerOf(path: string): Promise<Ledger | undefined> {
  if (!existsSync(path)) return undefined;
  const { ledger } = encodeWithLedger(decode(new Uint8Array(await readFile(path)), path));
  return ledger;
}
