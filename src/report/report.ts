/** The Markdown report of a run: stages, layers, byte ledger, what was done to the data, and the commands that do it again. */
import type { RunRecord } from '../runs/folder';
import type { StageName, StageResult } from '../runs/events';
import type { RunState } from '../runs/state';
import { formatCount } from '../core/count';
import {
  formatAmount,
  formatMoment,
  formatRatio,
  formatSeconds,
  formatShape,
  metricText,
} from '../runs/units';
import { entryBytes, ledgerParts, type Ledger } from '../core/compress/container/ledger';
import { isPass, passDescriptions } from '../core/compress/descriptions';
import type { PassDescription, PassOptions } from '../core/compress/pass';
import type { ColumnPreprocessing, Preprocessing } from '../core/data/dataset';
import { float32Bytes, type Metrics } from '../core/train/model';
import { analysisSections } from './analysis';
import { escapeMarkdown, list, table } from './markdown';
import { pipelineDiagram, stageOrder, stageTitles } from './mermaid';
import { measuredStages, qualityText } from './quality';
import { reproduce } from './reproduce';

export interface ReportParts {
  /** Name of the run folder. */
  name: string;
  record: RunRecord;
  state: RunState;
}

/** Writes report.md as text; links in it are relative to the run folder. */
export function markdownReport({ name, record, state }: ReportParts): string {
  const ledger = state.stages.entropyCode?.result?.ledger;
  const dense = record.parameters && float32Bytes(record.parameters);
  const versions = Object.entries(record.versions).map((pair) => pair.join(' '));
  const sections = [
    `# ${escapeMarkdown(name)}`,
    summary(record, state),
    '## Pipeline',
    `\`\`\`mermaid\n${pipelineDiagram(state)}\n\`\`\``,
    '## Stages',
    table(
      ['stage', 'settings', 'bytes', 'ratio', 'test', 'validation', 'time'],
      stageRows(state, dense).map((row) => row.map(escapeMarkdown)),
    ),
    ...(dense
      ? [`Ratios compare with the parameters as float32: ${formatCount(dense)} bytes.`]
      : []),
    list(stageNotes(state)),
    ...qualitySections(state),
    ...speedSection(state),
    ...layerSections(state),
    ...(ledger ? ['## Every byte of model.kolmo', ledgerTable(ledger)] : []),
    ...analysisSections(state),
    ...dataSections(record),
    ...(state.warnings.length > 0 ? ['## Warnings', list(state.warnings)] : []),
    '## Do it again',
    `Seed ${record.seed}; ${versions.join(', ')}.`,
    ...reproductionSections(record, state),
    'Sizes are lengths of files on disk. Errors are measured from the packed file of the stage, decoded.',
  ];
  return `${sections.filter((section) => section !== '').join('\n\n')}\n`;
}

/** One row for each stage that has finished. */
function stageRows(state: RunState, dense: number | undefined): string[][] {
  return stageOrder(state).flatMap((name) => {
    const stage = state.stages[name];
    if (!stage?.result) return [];
    const { bytes, test, validation, seconds } = stage.result;
    const isModel = name !== 'collect' && name !== 'preprocess' && name !== 'program';
    const settings = Object.entries(chosenSettings(name, stage.settings));
    return [
      [
        stageTitles[name],
        settings.map(([setting, value]) => `${setting} ${short(value)}`).join(', '),
        formatCount(bytes),
        isModel && dense ? formatRatio(dense / bytes) : '',
        metricText(test),
        metricText(validation),
        formatSeconds(seconds),
      ],
    ];
  });
}

/** A share such as 1/12 with as many digits as say something. */
const short = (value: string | number | boolean): string =>
  typeof value === 'number' && !Number.isInteger(value)
    ? String(+value.toPrecision(4))
    : String(value);

/** A pass's one number, and what was chosen otherwise than usual; all settings of another stage. */
function chosenSettings(stage: StageName, settings: PassOptions): PassOptions {
  if (!isPass(stage)) return settings;
  const { setting, defaults }: PassDescription = passDescriptions[stage];
  return Object.fromEntries(
    Object.entries(settings).filter(
      ([name, value]) => name === setting.name || value !== defaults[name],
    ),
  );
}

function summary({ architecture, dataset, parameters }: RunRecord, state: RunState): string {
  const facts = [
    dataset && `Dataset ${escapeMarkdown(dataset.name)}`,
    architecture && `architecture ${escapeMarkdown(architecture.name)}`,
    parameters !== undefined && `${formatCount(parameters)} parameters`,
    state.status,
  ].filter(Boolean);
  return `${facts.join(', ')}.${state.message ? ` ${escapeMarkdown(state.message)}` : ''}`;
}

function stageNotes(state: RunState): string[] {
  return stageOrder(state).flatMap((name) =>
    (state.stages[name]?.result?.notes ?? []).map((note) => `${stageTitles[name]}: ${note}`),
  );
}

/** What ONNX Runtime gains by each stage; a zero is multiplied like any other number, so that few stages gain anything. */
function speedSection(state: RunState): string[] {
  const rows = stageOrder(state).flatMap((name) => {
    const [first, ...rest] = state.stages[name]?.result?.latencies ?? [];
    const gain = (before: number, after: number): string =>
      `${formatMoment(after)} (${formatRatio(before / after)})`;
    return rest.map(({ file, single, batch }) => [
      stageTitles[name],
      escapeMarkdown(file),
      formatMoment(first.single),
      gain(first.single, single),
      formatMoment(first.batch),
      gain(first.batch, batch),
    ]);
  });
  if (rows.length === 0) return [];
  const heads = ['stage', 'file', '1 example before', 'after', '128 examples before', 'after'];
  return [
    '## Speed in ONNX Runtime',
    table(heads, rows),
    'Medians of many calls on one thread, the files in turns, what a call itself costs included. “Before” is the float32 model that was trained, measured again beside each stage.',
  ];
}

/** What every stage does on test data beside the trivial answer, and where the last model goes wrong. */
function qualitySections(state: RunState): string[] {
  const measured = measuredStages(state);
  const last = measured.at(-1);
  if (!last) return [];
  const sentences = measured.map(
    ({ stage, test }) => `${stageTitles[stage]}: ${qualityText(test)}`,
  );
  return ['## Test data', list(sentences), ...confusionTable(last.test)];
}

function confusionTable({ confusion }: Metrics): string[] {
  if (!confusion) return [];
  const { truths, answers, counts } = confusion;
  return [
    'Test examples of the last model: a row for each class, a column for each answer.',
    table(
      ['', ...answers.map(escapeMarkdown)],
      truths.map((truth, i) => [
        `**${escapeMarkdown(truth)}**`,
        ...counts[i].map((count, answer) =>
          answers[answer] === truth ? `**${formatCount(count)}**` : formatCount(count),
        ),
      ]),
    ),
  ];
}

function layerSections(state: RunState): string[] {
  const sections = stageOrder(state).flatMap((name) => {
    const result = state.stages[name]?.result;
    return result?.layers?.length ? [layerSection(name, result)] : [];
  });
  return sections.length > 0 ? ['## Layers', ...sections] : [];
}

function layerSection(name: StageName, { layers = [] }: StageResult): string {
  const heads = ['tensor', 'shape', 'parameters', 'not zero', 'encoding', 'bytes', 'range'];
  const rows = layers.map(({ histogram, ...layer }) => [
    escapeMarkdown(layer.name),
    formatShape(layer.shape),
    formatCount(layer.parameters),
    formatCount(layer.nonZero),
    layer.encoding,
    formatCount(layer.bytes),
    `${histogram.minimum.toPrecision(3)} to ${histogram.maximum.toPrecision(3)}`,
  ]);
  return `### After ${stageTitles[name].toLowerCase()}\n\n${table(heads, rows)}`;
}

function ledgerTable(ledger: Ledger): string {
  const totals = ledgerParts.map((part) =>
    ledger.tensors.reduce((sum, entry) => sum + entry[part], 0),
  );
  return table(
    ['tensor', ...ledgerParts, 'bytes'],
    [
      ...ledger.tensors.map((entry) => [
        escapeMarkdown(entry.name),
        ...ledgerParts.map((part) => formatCount(entry[part])),
        formatCount(entryBytes(entry)),
      ]),
      ['file header and checksum', ...ledgerParts.map(() => ''), formatCount(ledger.header)],
      ['**total**', ...totals.map(formatCount), `**${formatCount(ledger.bytes)}**`],
    ],
  );
}

function dataSections({ dataset }: RunRecord): string[] {
  if (!dataset) return [];
  const files = dataset.files.map(({ path, bytes, sha256 }) => [
    escapeMarkdown(path),
    formatCount(bytes),
    `\`${sha256}\``,
  ]);
  return [
    '## Data',
    table(['file', 'bytes', 'SHA-256'], files),
    preprocessingText(dataset.preprocessing),
    list(dataset.notes),
  ];
}

function preprocessingText(preprocessing: Preprocessing): string {
  switch (preprocessing.type) {
    case 'image':
      return `Pixels are divided by ${preprocessing.divideBy}.`;
    case 'symbols':
      return `Sequences of ${preprocessing.window} symbols.`;
    case 'table':
      return table(
        ['column', 'as', 'missing values', 'details'],
        preprocessing.columns.map(columnRow),
      );
    default:
      return preprocessing satisfies never;
  }
}

function columnRow(column: ColumnPreprocessing): string[] {
  const name = escapeMarkdown(column.name);
  switch (column.type) {
    case 'number': {
      const details = `mean ${formatAmount(column.mean)}, standard deviation ${formatAmount(column.standardDeviation)}`;
      return [name, 'number', `filled with ${column.fill}`, details];
    }
    case 'category':
    case 'code': {
      const details = `${column.values.length} values, ${column.type === 'code' ? 'embedded' : 'one-hot'}`;
      return [name, 'category', `filled with ${escapeMarkdown(column.fill)}`, details];
    }
    case 'dropped':
      return [name, 'dropped', '', escapeMarkdown(column.reason)];
    default:
      return column satisfies never;
  }
}

function reproductionSections(record: RunRecord, state: RunState): string[] {
  const { commands, pipeline } = reproduce(record, state);
  const shell = `\`\`\`sh\n${commands.join('\n')}\n\`\`\``;
  if (pipeline === undefined) return [shell];
  return [shell, 'where `again.kolmo.json` holds', `\`\`\`json\n${pipeline}\`\`\``];
}
