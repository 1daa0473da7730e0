/** What each kind of request answers with: types only. */
import type { Comparison } from '../core/compare/comparison';
import type { SweepSummary } from '../runs/sweepFile';
import type { AnalyseSummary } from './analyse';
import type { CompressSummary } from './compressSummary';
import type { Explained, Inspected, UnpackSummary } from './files';
import type { ProgramSummary } from './programSteps';
import type { DatasetDescription, JobRequest } from './protocol';
import type { ReportSummary } from './report';
import type { SurprisalMeasure } from './surprisal';
import type { TrainSummary } from './train';
import type { VerifySummary } from './verify';

export interface JobResults {
  /** A request with passes answers with what they made. */
  train: TrainSummary | CompressSummary;
  compress: CompressSummary;
  analyse: AnalyseSummary;
  sweep: SweepSummary;
  program: ProgramSummary;
  verify: VerifySummary;
  surprisal: SurprisalMeasure;
  report: ReportSummary;
  describe: DatasetDescription;
  inspect: Inspected;
  explain: Explained;
  diff: Comparison;
  unpack: UnpackSummary;
}

export type ResultOf<Request extends JobRequest> = JobResults[Request['type']];
