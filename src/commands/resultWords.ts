/** How a training or a compression ended, in a sentence. */
import { basename } from 'node:path';
import type { CompressSummary } from '../jobs/compress';
import type { TrainSummary } from '../jobs/train';
import { formatBytes, formatPercent, formatRatio, metricText } from '../runs/units';

/** Whether a train request had passes, and so ended with a compressed model. */
export const isCompressed = (result: TrainSummary | CompressSummary): result is CompressSummary =>
  'stages' in result;

/** `Trained iris-mlp on iris.csv: test error 2.00 %.` */
export function trainedText(result: TrainSummary, dataset: string): string {
  const what = `${result.architecture} on ${basename(dataset)}`;
  const done =
    result.ended === 'stopped' ? `Stopped ${what}, with the model so far` : `Trained ${what}`;
  return `${done}${result.metrics.test ? `: test ${metricText(result.metrics.test)}` : ''}.`;
}

/** `Compressed 2026-11-24-183000-iris-mlp: 1,204 bytes, 12.3x, test error 2.00 %.` */
export function compressedText({ run, stages, bytes, ratio, testError }: CompressSummary): string {
  const facts = [
    formatBytes(bytes),
    formatRatio(ratio),
    ...(testError === undefined ? [] : [`test error ${formatPercent(testError)}`]),
  ];
  // A pipeline may have no passes, or have been stopped before the first.
  return `${stages.length > 0 ? 'Compressed' : 'Trained'} ${basename(run)}: ${facts.join(', ')}.`;
}
