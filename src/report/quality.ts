/** How good a model is, in a sentence beside the trivial answer, and where it goes wrong. */
import type { StageName, StageResult } from '../runs/events';
import type { RunState } from '../runs/state';
import { formatAmount, formatPercent, formatScore } from '../runs/units';
import type { Metrics } from '../core/train/model';
import { stageOrder } from './mermaid';

/** The stages whose model was measured on test data, in the order in which they were applied. */
export function measuredStages(
  state: RunState,
): { stage: StageName; result: StageResult; test: Metrics }[] {
  return stageOrder(state).flatMap((stage) => {
    const result = state.stages[stage]?.result;
    return result?.test ? [{ stage, result, test: result.test }] : [];
  });
}

/** `accuracy 96.67 %, macro F1 0.966 (always the most frequent class: 33.33 %, 0.167)` */
export function qualityText(metrics: Metrics): string {
  const { loss, error, macroF1, rmse, r2, bitsPerByte, frechetDistance } = metrics;
  const { baselineError, baselineF1, baselineRmse } = metrics;
  if (error !== undefined) {
    return withBaseline(
      [
        `accuracy ${formatPercent(1 - error)}`,
        macroF1 !== undefined && `macro F1 ${formatScore(macroF1)}`,
      ],
      'always the most frequent class',
      [
        baselineError !== undefined && formatPercent(1 - baselineError),
        baselineF1 !== undefined && formatScore(baselineF1),
      ],
    );
  }
  if (rmse !== undefined) {
    const mean = r2 === undefined ? 'always the mean image' : 'always the mean';
    return withBaseline(
      [`RMSE ${formatAmount(rmse)}`, r2 !== undefined && `R² ${formatScore(r2)}`],
      mean,
      [
        baselineRmse !== undefined && formatAmount(baselineRmse),
        r2 !== undefined && formatScore(0),
      ],
    );
  }
  if (bitsPerByte !== undefined) {
    return withBaseline([`${bitsPerByte.toFixed(3)} bits per byte`], 'as it is', ['8']);
  }
  if (frechetDistance !== undefined) return sampleText(metrics);
  return `loss ${loss.toPrecision(4)}`;
}

/** A sentence when a model is no better than an answer that needs none; undefined where it is, or where there is no such answer. */
export function uselessText(metrics: Metrics, learningRate: number): string | undefined {
  const { error, baselineError, rmse, baselineRmse, bitsPerByte } = metrics;
  const [found, trivial] =
    error !== undefined
      ? [error, baselineError]
      : rmse !== undefined
        ? [rmse, baselineRmse]
        : [bitsPerByte, 8];
  if (found === undefined || trivial === undefined || found <= trivial) return undefined;
  return (
    `On the validation split the model does worse than an answer without a model: ${qualityText(metrics)}. ` +
    `Train it for more epochs, or with another learning rate than ${learningRate}.`
  );
}

function withBaseline(
  facts: (string | false)[],
  baseline: string,
  values: (string | false)[],
): string {
  const given = values.filter(Boolean);
  const beside = given.length > 0 ? ` (${baseline}: ${given.join(', ')})` : '';
  return `${facts.filter(Boolean).join(', ')}${beside}`;
}

function sampleText(metrics: Metrics): string {
  const { frechetDistance, sampleEntropy, exampleEntropy, sampleConfidence } = metrics;
  const yardstick = exampleEntropy === undefined ? '' : ` (examples: ${exampleEntropy.toFixed(2)})`;
  return [
    `Fréchet distance ${frechetDistance!.toPrecision(4)}`,
    ...(sampleEntropy === undefined
      ? []
      : [`entropy of the labels ${sampleEntropy.toFixed(2)} bits${yardstick}`]),
    ...(sampleConfidence === undefined ? [] : [`confidence ${formatPercent(sampleConfidence)}`]),
  ].join(', ');
}
