/** What a run's analyses found, for reports and panels: description lengths, dry run, sensitivity. */
import type { LabelCodes, StageName } from '../runs/events';
import type { RunState } from '../runs/state';
import { formatCount } from '../core/count';
import { formatPercent } from '../runs/units';
import { passDescriptions } from '../core/compress/descriptions';
import type { Metrics } from '../core/train/model';
import { escapeMarkdown, table } from './markdown';
import { stageOrder, stageTitles } from './mermaid';

/** The labels in two parts: a model, and what the labels still cost when it is known. Bytes. */
export interface TwoPartCode {
  stage: StageName;
  /** L(model): the packed file of the stage. */
  model: number;
  /** L(labels | model). */
  labels: number;
}

export interface LabelLengths extends LabelCodes {
  stages: TwoPartCode[];
  /** The block-prequential code, once it has come to the last label. */
  prequential?: number;
}

/** Every code of the labels that the run knows of; undefined where they are no classes. */
export function labelLengths({ stages, chain, analysis }: RunState): LabelLengths | undefined {
  const labels = stages.preprocess?.result?.labels;
  if (!labels) return undefined;
  const done = analysis.prequential.find(({ coded }) => coded === labels.count);
  return {
    ...labels,
    stages: chain.flatMap((stage): TwoPartCode[] => {
      const { ledger, labelBytes } = stages[stage]!.result!;
      if (!ledger || labelBytes === undefined) return [];
      return [{ stage, model: ledger.bytes, labels: labelBytes }];
    }),
    ...(done && { prequential: done.bytes }),
  };
}

/** Sections of the report. */
export function analysisSections(state: RunState): string[] {
  const lengths = labelLengths(state);
  return [
    ...(lengths ? labelSection(lengths) : []),
    ...dryRunSection(state),
    ...sensitivitySection(state),
  ];
}

function labelSection({ count, classes, uniform, stages, ...codes }: LabelLengths): string[] {
  /** A code that sends no model. */
  const row = (name: string, length: number): string[] => {
    const bytes = formatCount(length);
    return [name, '', bytes, bytes];
  };
  return [
    '## Description length of the labels',
    `${formatCount(count)} labels of ${classes} classes: those of the training and the validation split. A model has learned something where it and what the labels still cost under it are together shorter than the labels alone.`,
    table(
      ['code', 'model', 'labels', 'together'],
      [
        ...stages.map(({ stage, model, labels }) => [
          `packed after ${stageTitles[stage].toLowerCase()}`,
          formatCount(model),
          formatCount(labels),
          formatCount(model + labels),
        ]),
        row('uniform', uniform),
        ...(codes.prequential === undefined ? [] : [row('block-prequential', codes.prequential)]),
        ...Object.entries(codes.compressed).map(([name, length]) => row(name, length)),
      ],
    ),
  ];
}

function dryRunSection({ analysis }: RunState): string[] {
  if (analysis.dryRun.length === 0) return [];
  const rows = analysis.dryRun.flatMap(({ pass, rungs }) =>
    rungs.map((rung) => [
      passDescriptions[pass].title,
      `${passDescriptions[pass].setting.name} ${rung.setting}`,
      'bytes' in rung ? formatCount(rung.bytes) : escapeMarkdown(rung.problem),
    ]),
  );
  return ['## Dry run', table(['pass', 'setting', 'predicted bytes'], rows)];
}

function sensitivitySection({ analysis: { sensitivity } }: RunState): string[] {
  if (!sensitivity) return [];
  const { pass, cells } = sensitivity;
  const rows = cells.map(({ parameter, setting, bytesSaved, validation, baseline }) => [
    escapeMarkdown(parameter),
    String(setting),
    formatCount(bytesSaved),
    lossText(validation, baseline),
  ]);
  const { title, setting } = passDescriptions[pass];
  return [
    `## Sensitivity to ${title.toLowerCase()}`,
    'Each layer alone, predicted bytes against what the validation split loses, without fine-tuning.',
    table(['layer', setting.name, 'bytes saved', 'accuracy lost'], rows),
  ];
}

/** What a model is worse by: in points of accuracy, or in loss where there is no accuracy. */
export function lossOf(after: Metrics, before: Metrics): number {
  return after.error === undefined || before.error === undefined
    ? after.loss - before.loss
    : after.error - before.error;
}

export function lossText(after: Metrics, before: Metrics): string {
  const lost = lossOf(after, before);
  if (after.error !== undefined) return formatPercent(lost);
  const what = after.frechetDistance === undefined ? 'loss' : 'Fréchet distance';
  return `${what} ${lost < 0 ? '−' : '+'}${Math.abs(lost).toPrecision(3)}`;
}

/** Stages whose packed file is accounted for, in the order in which they were applied. */
export const packedStages = (state: RunState): StageName[] =>
  stageOrder(state).filter((name) => state.stages[name]?.result?.ledger);
