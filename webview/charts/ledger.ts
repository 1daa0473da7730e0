/** Where the bytes of a packed file are: each parameter's theoretical bytes beside what is stored, and what each stage took away. */
import {
  entryBytes,
  ledgerParts,
  type Ledger,
  type LedgerEntry,
} from '../../src/core/compress/container/ledger';
import { packedStages } from '../../src/report/analysis';
import { stageTitles } from '../../src/report/mermaid';
import type { StageName, StageResult } from '../../src/runs/events';
import type { RunState } from '../../src/runs/state';
import { formatCount } from '../../src/core/count';
import { formatBytes } from '../../src/runs/units';
import type { Chart } from '../chart';
import { element } from '../element';
import { legend, stackedBar, table, type Row } from '../table';
import { createStageSelect } from './stageSelect';

export function createLedger(): Chart {
  const select = createStageSelect(() => last && draw(last));
  const empty = element(
    'p',
    { class: 'empty' },
    'No packed model yet: its bytes are accounted for when training has finished.',
  );
  const body = element('div', {});
  const root = element(
    'section',
    { 'data-view': 'ledger', 'data-sum': '' },
    select.element,
    empty,
    body,
  );
  let last: RunState | undefined;
  let drawn = '';

  function draw(state: RunState): void {
    last = state;
    const stages = packedStages(state);
    const shown = select.offer(stages);
    const key = JSON.stringify([
      stages.map((name) => resultOf(state, name).seconds),
      stages,
      shown,
    ]);
    if (key === drawn) return;
    drawn = key;
    empty.hidden = shown !== undefined;
    if (!shown) {
      body.replaceChildren();
      return;
    }
    const result = resultOf(state, shown);
    root.dataset.sum = String(sumOf(result));
    root.dataset.bytes = String(result.ledger!.bytes);
    body.replaceChildren(
      legend(partsOf(result.ledger!).map(({ part }) => [part, part])),
      partTable(result, stageTitles[shown]),
      ...(stages.length < 2 ? [] : [waterfall(state, stages)]),
    );
  }

  return { element: root, draw };
}

const resultOf = (state: RunState, name: StageName): StageResult => state.stages[name]!.result!;

/** All entries and the file's own header: the length of the file. */
const sumOf = ({ ledger }: StageResult): number =>
  ledger!.tensors.reduce((sum, entry) => sum + entryBytes(entry), ledger!.header);

/** What the file has bytes for, with their sum: a column of nothing but zeros would only make the table wider. */
const partsOf = ({
  tensors,
  header,
}: Ledger): { part: (typeof ledgerParts)[number]; total: number }[] =>
  ledgerParts
    .map((part) => ({
      part,
      total: tensors.reduce((sum, entry) => sum + entry[part], part === 'header' ? header : 0),
    }))
    .filter(({ total }) => total > 0);

function partTable({ ledger, layers = [] }: StageResult, stage: string): HTMLElement {
  const { tensors, header, bytes } = ledger!;
  const parts = partsOf(ledger!);
  const largest = Math.max(...tensors.map(entryBytes), header);
  const rows = tensors.map((entry): Row => {
    const layer = layers.find(({ name }) => name === entry.name);
    return {
      attributes: { 'data-tensor': entry.name, 'data-bytes': entryBytes(entry) },
      cells: [
        entry.name,
        stackedBar(
          ledgerParts.map((part) => ({
            name: part,
            size: entry[part],
            title: `${part}: ${formatBytes(entry[part])}`,
          })),
          largest,
          words(entry),
        ),
        layer ? formatCount(layer.entropyBytes) : '–',
        formatCount(entryBytes(entry)),
        ...parts.map(({ part }) => (entry[part] === 0 ? '–' : formatCount(entry[part]))),
      ],
    };
  });
  const theory = layers.reduce((sum, layer) => sum + layer.entropyBytes, 0);
  return table(
    'ledger-table',
    `Every byte of the packed file after ${stage.toLowerCase()}. “In theory” is what a code without memory would take.`,
    [
      { head: 'Parameter' },
      { head: 'Parts', class: 'stack' },
      { head: 'In theory', number: true },
      { head: 'Stored', number: true },
      ...parts.map(({ part }) => ({ head: part, number: true })),
    ],
    [
      ...rows,
      {
        cells: [
          'file header and checksum',
          stackedBar([{ name: 'header', size: header, title: formatBytes(header) }], largest, ''),
          '',
          formatCount(header),
          ...parts.map(({ part }) => (part === 'header' ? formatCount(header) : '–')),
        ],
      },
      {
        attributes: { class: 'total' },
        cells: [
          'file',
          '',
          formatCount(theory),
          formatCount(bytes),
          ...parts.map(({ total }) => formatCount(total)),
        ],
      },
    ],
  );
}

const words = (entry: LedgerEntry): string =>
  ledgerParts
    .filter((part) => entry[part] > 0)
    .map((part) => `${part} ${formatCount(entry[part])}`)
    .join(', ');

/** Each stage's bar hangs where the one before it ended. */
function waterfall(state: RunState, stages: StageName[]): HTMLElement {
  const sizes = stages.map((name) => resultOf(state, name).ledger!.bytes);
  const whole = Math.max(...sizes);
  const rows = stages.map((name, i): Row => {
    const size = sizes[i];
    const before = i === 0 ? size : sizes[i - 1];
    const change = size - before;
    const segments = [
      { name: 'kept', size: Math.min(size, before), title: formatBytes(Math.min(size, before)) },
      { name: 'saved', size: Math.max(0, -change), title: `saved ${formatBytes(-change)}` },
      { name: 'added', size: Math.max(0, change), title: `added ${formatBytes(change)}` },
    ];
    const said = i === 0 ? formatBytes(size) : `${formatBytes(size)}, ${signed(change)} bytes`;
    return {
      attributes: { 'data-step': name },
      cells: [
        stageTitles[name],
        stackedBar(segments, whole, said),
        i === 0 ? '' : signed(change),
        formatCount(size),
      ],
    };
  });
  return element(
    'div',
    { class: 'after' },
    legend([
      ['kept', 'kept'],
      ['saved', 'saved'],
    ]),
    table(
      'waterfall',
      'What each stage took away from the packed file',
      [
        { head: 'Stage' },
        { head: 'Bytes kept and saved', class: 'stack' },
        { head: 'Change', number: true },
        { head: 'Packed', number: true },
      ],
      rows,
    ),
  );
}

const signed = (change: number): string =>
  `${change < 0 ? '−' : '+'}${formatCount(Math.abs(change))}`;
