/** What a report request does: writes report.md from the run's record and its history. */
import { basename, join } from 'node:path';
import { labelLengths, type LabelLengths } from '../report/analysis';
import { markdownReport } from '../report/report';
import { writeArtifact } from '../runs/artifact';
import type { LayerMeasure, Ledger, StageName } from '../runs/events';
import { readRecord, readState } from '../runs/folder';
import type { Analysis } from '../runs/state';
import type { ReportRequest } from './protocol';

/** What `kolmo report --json` prints. */
export interface ReportSummary {
  run: string;
  file: string;
  bytes: number;
  stages: {
    name: StageName;
    bytes: number;
    testError?: number;
    layers?: LayerMeasure[];
    ledger?: Ledger;
  }[];
  /** The labels' description lengths, for a classifier. */
  labels?: LabelLengths;
  analysis: Pick<Analysis, 'dryRun' | 'sensitivity' | 'prequential'>;
}

export async function reportRun({ run }: Pick<ReportRequest, 'run'>): Promise<ReportSummary> {
  const record = await readRecord(run);
  const state = await readState(run);
  const file = join(run, 'report.md');
  const text = markdownReport({ name: basename(run), record, state });
  const { dryRun, sensitivity, prequential } = state.analysis;
  return {
    run,
    file,
    bytes: await writeArtifact(file, text),
    stages: state.chain.map((name) => {
      const { bytes, test, layers, ledger } = state.stages[name]!.result!;
      return {
        name,
        bytes,
        testError: test?.error,
        layers,
        ledger,
      };
    }),
    labels: labelLengths(state),
    analysis: { dryRun, sensitivity, prequential },
  };
}
