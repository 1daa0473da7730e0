/**
 * Two model files held against each other: bytes and SQNR of the largest tensors as bars, and a table of all of them.
 *
 * Hooks for tests (stable):
 * - `body[data-kind="diff"][data-ready]`, `main [data-state]` = comparing, compared or failed
 * - `[data-view=bars] tr[data-tensor]`, `[data-view=tensors][data-rows]`, `th[aria-sort] button[data-sort]`, `[data-view=filter]`
 * - `[data-action=swap]`, `[data-action=again]`, `[data-open]`, `.message` when the files cannot be compared
 */
import '@vscode-elements/elements/dist/vscode-button/index.js';
import type { Comparison, TensorPair, TensorSide } from '../src/core/compare/comparison';
import { formatCount, plural } from '../src/core/count';
import {
  factWords,
  formatError,
  remarksOf,
  shapesOf,
  totalSentences,
  typesOf,
  verdictOf,
  worstFirst,
} from '../src/report/difference';
import { formatPercent, formatShape } from '../src/runs/units';
import type { FromModelDiff, ModelDiffMemory, ToModelDiff } from '../src/views/panelMessages';
import { tensorBars } from './charts/tensorBars';
import { breakable, button, element } from './element';
import { drawMessages, failure } from './page';
import { sortableTable, type SavedView, type SortableColumn } from './sortable';

const host = acquireVsCodeApi<SavedView & ModelDiffMemory>();
const send = (wish: FromModelDiff): void => host.postMessage(wish);
drawMessages<ToModelDiff>((message) => {
  const { a, b } =
    message.type === 'compared'
      ? { a: message.comparison.a.file, b: message.comparison.b.file }
      : message;
  host.setState({ ...host.getState(), a, b });
  const title = element('h1', {}, `${nameOf(a)} ↔ ${nameOf(b)}`);
  switch (message.type) {
    case 'comparing':
      return [
        title,
        element(
          'p',
          { class: 'empty', role: 'status', 'data-state': 'comparing' },
          `Comparing ${nameOf(a)} with ${nameOf(b)}, tensor by tensor…`,
        ),
      ];
    case 'failed':
      return [
        title,
        element('div', { 'data-state': 'failed' }, failure(message.message)),
        actions(),
      ];
    case 'compared':
      return [title, ...page(message.comparison)];
    default:
      return message satisfies never;
  }
});

const nameOf = (file: string): string => file.split(/[\\/]/).at(-1)!;

const actions = (): HTMLElement =>
  element(
    'div',
    { class: 'row actions' },
    button('Swap', { icon: 'arrow-swap', secondary: true, action: 'swap' }, () =>
      send({ type: 'swap' }),
    ),
    button('Compare Again', { icon: 'refresh', secondary: true, action: 'again' }, () =>
      send({ type: 'again' }),
    ),
  );

const page = (comparison: Comparison): Node[] => [
  element(
    'dl',
    { class: 'proof', 'data-state': 'compared' },
    ...fileFacts('A', comparison.a),
    ...fileFacts('B', comparison.b),
  ),
  ...totalSentences(comparison).map((sentence) => element('p', {}, sentence)),
  actions(),
  ...(comparison.pairs.length === 0
    ? [
        element(
          'p',
          { class: 'empty', 'data-view': 'empty' },
          'Neither names nor values of tensors are the same in both files: choose two files of the same model. GGUF files have names of their own.',
        ),
      ]
    : tensorBars(comparison.pairs)),
  element('h2', {}, 'All tensors'),
  ...tensorTable(comparison),
];

function fileFacts(letter: string, file: Comparison['a']): HTMLElement[] {
  const link = element(
    'a',
    { href: '#', 'data-open': letter, 'data-focus': `open ${letter}`, title: file.file },
    nameOf(file.file),
  );
  link.addEventListener('click', (event) => {
    event.preventDefault();
    send({ type: 'inspect', file: file.file });
  });
  return [element('dt', {}, letter), element('dd', {}, link, `: ${factWords(file)}`)];
}

interface TensorRow {
  name: string;
  type: string;
  shape: string;
  a?: TensorSide;
  b?: TensorSide;
  pair?: TensorPair;
  note: string;
}

/** Pairs with the worst first, then what only one of the files has. */
function rowsOf({ pairs, onlyInA, onlyInB }: Comparison): TensorRow[] {
  const alone = (side: TensorSide, letter: 'a' | 'b'): TensorRow => ({
    name: side.name,
    type: side.dtype,
    shape: formatShape(side.shape),
    [letter]: side,
    note: `Only in ${letter.toUpperCase()}.`,
  });
  return [
    ...worstFirst(pairs).map((pair): TensorRow => ({
      name: pair.a.name,
      type: typesOf(pair),
      shape: shapesOf(pair),
      a: pair.a,
      b: pair.b,
      pair,
      note: noteOf(pair),
    })),
    ...onlyInA.map((side) => alone(side, 'a')),
    ...onlyInB.map((side) => alone(side, 'b')),
  ];
}

function noteOf(pair: TensorPair): string {
  const { a, b, by } = pair;
  const notes = [
    ...remarksOf(pair),
    ...(a.name === b.name
      ? []
      : [`In B: ${b.name}${by === 'values' ? ', found by its values' : ''}.`]),
  ];
  return notes.join(' ');
}

/** A column of numbers, of which some rows have none: these come last when the largest are first. */
const numbers = (
  key: string,
  title: string,
  numberOf: (row: TensorRow) => number | undefined,
  text: (value: number, row: TensorRow) => string,
): SortableColumn<TensorRow> => ({
  key,
  title,
  number: true,
  text(row) {
    const value = numberOf(row);
    return value === undefined ? '–' : text(value, row);
  },
  order: (a, b) => compareNumbers(numberOf(a) ?? -Infinity, numberOf(b) ?? -Infinity),
});

/** Infinities are equal to themselves, which their difference does not tell. */
const compareNumbers = (a: number, b: number): number => (a === b ? 0 : a < b ? -1 : 1);

const words = (key: 'type' | 'shape', title: string): SortableColumn<TensorRow> => ({
  key,
  title,
  number: false,
  text: (row) => row[key],
  order: (a, b) => a[key].localeCompare(b[key], 'en', { numeric: true }),
});

const columns: SortableColumn<TensorRow>[] = [
  {
    key: 'name',
    title: 'Tensor',
    number: false,
    text: ({ name }) => name,
    order: (a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }),
    cell: ({ name, note }) =>
      element(
        'div',
        {},
        ...breakable(name),
        ...(note ? [element('div', { class: 'muted' }, ...breakable(note))] : []),
      ),
  },
  numbers(
    'sqnr',
    'SQNR',
    ({ pair }) =>
      pair && (pair.difference?.equal ? Infinity : (pair.difference?.sqnr ?? -Infinity)),
    (_, { pair }) => verdictOf(pair!),
  ),
  numbers('relative', 'Rel. error', ({ pair }) => pair?.difference?.relativeError, formatError),
  numbers('largest', 'Max. error', ({ pair }) => pair?.difference?.largestError, formatError),
  numbers('bytesA', 'Bytes A', ({ a }) => a?.bytes, formatCount),
  numbers('bytesB', 'Bytes B', ({ b }) => b?.bytes, formatCount),
  numbers(
    'bits',
    'Bits',
    ({ a, b }) => (b ?? a)?.bitsPerParameter,
    (_, { a, b }) => change(a?.bitsPerParameter.toFixed(2), b?.bitsPerParameter.toFixed(2)),
  ),
  numbers(
    'zeros',
    'Zeros',
    ({ pair }) => pair?.difference?.sparsity.b,
    (_, { pair }) => {
      const { a, b } = pair!.difference!.sparsity;
      return change(formatPercent(a), formatPercent(b));
    },
  ),
  words('type', 'Type'),
  words('shape', 'Shape'),
];

/** `32.00 to 8.02`, or what both or the one side has. */
const change = (a: string | undefined, b: string | undefined): string =>
  a !== undefined && b !== undefined && a !== b ? `${a} to ${b}` : (b ?? a ?? '');

function tensorTable(comparison: Comparison): Node[] {
  const rows = rowsOf(comparison);
  return sortableTable({
    view: 'tensors',
    caption: 'Tensors of both files',
    columns,
    rows,
    words: ({ name, type, shape, pair, note }) =>
      `${name} ${type} ${shape} ${pair ? verdictOf(pair) : ''} ${note}`,
    filterHint: 'Filter by name, type, shape or note',
    count: (kept) => `${formatCount(kept.length)} of ${plural(rows.length, 'tensor')}`,
    host,
  });
}

send({ type: 'ready' });
