/** What a compression answers with. */
import { join } from 'node:path';
import type { PassName } from '../core/compress/pass';
import { float32Bytes, type Metrics } from '../core/train/model';
import type { StageResult } from '../runs/events';
import type { RunRecord } from '../runs/folder';

/** What `kolmo compress --json` prints. */
export interface CompressSummary {
  run: string;
  stages: {
    name: PassName;
    bytes: number;
    testError?: number;
    /** On the test split: of numbers and texts, which have no error, the only ones. */
    metrics?: Metrics;
    seconds: number;
  }[];
  file: string;
  bytes: number;
  /** Bytes of the float32 parameters to bytes of the file. */
  ratio: number;
  testError?: number;
  metrics?: Metrics;
}

/** What a run's packed model is, and which stages of this request made it. */
export function summaryOf(
  run: string,
  { parameters = 0 }: RunRecord,
  stages: CompressSummary['stages'],
  { bytes, test }: { bytes: number; test?: Metrics },
): CompressSummary {
  return {
    run,
    stages,
    file: join(run, 'model.kolmo'),
    bytes,
    ratio: float32Bytes(parameters) / bytes,
    ...(test?.error !== undefined && { testError: test.error }),
    ...(test && { metrics: test }),
  };
}

/** What one pass has made. */
export const stageSummary = (
  name: PassName,
  { bytes, test, seconds }: StageResult,
): CompressSummary['stages'][number] => ({
  name,
  bytes,
  ...(test?.error !== undefined && { testError: test.error }),
  ...(test && { metrics: test }),
  seconds,
});
