/** Where a compression starts, and how it or a training ended, in a sentence. */
import { basename } from 'node:path';
import { isPass } from '../core/compress/descriptions';
import type { PassName } from '../core/compress/pass';
import type { CompressSummary } from '../jobs/compressSummary';
import type { TrainSummary } from '../jobs/train';
import { stageTitles } from '../report/mermaid';
import type { StageName } from '../runs/events';
import { stagesBefore } from '../runs/state';
import { formatBytes, formatPercent, formatRatio, metricText } from '../runs/units';

/** Whether a train request had passes, and so ended with a compressed model. */
export const isCompressed = (result: TrainSummary | CompressSummary): result is CompressSummary =>
  'stages' in result;

/** `Trained iris-mlp on iris.csv: test error 2.00 %.` */
export function trainedText(
  result: Pick<TrainSummary, 'architecture' | 'ended' | 'metrics'>,
  dataset: string,
): string {
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

/**
 * `Starts again from Train: what Prune and Share have made is replaced.`: which model passes are applied to, given the
 * stages that made the present one. Empty where that is the trained one, as anybody expects.
 */
export function startText(chain: StageName[], passes: PassName[]): string {
  const kept = stagesBefore(chain, passes);
  const replaced = chain.slice(kept.length).filter(isPass);
  const from = kept.at(-1);
  if (from === undefined || (from === 'train' && replaced.length === 0)) return '';
  const start = stageTitles[from];
  if (replaced.length === 0) return `Goes on from what ${start} has left.`;
  const titles = replaced.map((name) => stageTitles[name]);
  const last = titles.pop();
  const names = titles.length > 0 ? `${titles.join(', ')} and ${last} have` : `${last} has`;
  return `Starts again from ${start}: what ${names} made is replaced.`;
}
