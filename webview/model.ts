/**
 * The model editor in the browser: every tensor of a model file with its size, sortable and filtered.
 *
 * Hooks for tests (stable): `body[data-kind="model"][data-ready]`, `[data-view=tensors][data-rows]`,
 * `th[aria-sort] button[data-sort]`, `[data-view=filter]`, `.message` when the file cannot be read.
 */
import '@vscode-elements/elements/dist/vscode-textfield/index.js';
import type { FromModelEditor, ToModelEditor } from '../src/views/panelMessages';
import { formatCount } from '../src/core/count';
import {
  formatBitsPerParameter,
  formatBytes,
  formatModelBytes,
  formatShape,
} from '../src/runs/units';
import { element } from './element';
import { drawMessages, facts, failure } from './page';

type Summary = Extract<ToModelEditor, { type: 'summary' }>['summary'];
type Tensor = Summary['tensors'][number];

interface Column {
  key: 'name' | 'dtype' | 'shape' | 'parameters' | 'bytes';
  title: string;
  number: boolean;
  text(tensor: Tensor): string;
  order(a: Tensor, b: Tensor): number;
}

const columns: Column[] = [
  {
    key: 'name',
    title: 'Tensor',
    number: false,
    text: ({ name }) => name,
    order: (a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }),
  },
  {
    key: 'dtype',
    title: 'Type',
    number: false,
    text: ({ dtype }) => dtype,
    order: (a, b) => a.dtype.localeCompare(b.dtype),
  },
  {
    key: 'shape',
    title: 'Shape',
    number: false,
    text: ({ shape }) => formatShape(shape),
    order: (a, b) => a.shape.length - b.shape.length || a.parameters - b.parameters,
  },
  {
    key: 'parameters',
    title: 'Parameters',
    number: true,
    text: ({ parameters }) => formatCount(parameters),
    order: (a, b) => a.parameters - b.parameters,
  },
  {
    key: 'bytes',
    title: 'Bytes',
    number: true,
    text: ({ bytes }) => formatCount(bytes),
    order: (a, b) => a.bytes - b.bytes,
  },
];

/** More rows than a person reads would only slow the page down; the filter finds the rest. */
const shownRows = 2000;

interface SavedView {
  filter?: string;
  sort?: { key: Column['key']; down: boolean };
}

const host = acquireVsCodeApi<SavedView>();
drawMessages<ToModelEditor>((message) => {
  switch (message.type) {
    case 'summary':
      return page(message.file, message.summary);
    case 'failed':
      return [failure(message.message)];
    default:
      return message satisfies never;
  }
});

function page(file: string, summary: Summary): Node[] {
  const filter = element('vscode-textfield', {
    'data-view': 'filter',
    'data-focus': 'filter',
    placeholder: 'Filter by name, type or shape',
    'aria-label': 'Filter tensors',
    value: host.getState()?.filter ?? '',
  }) as HTMLElement & { value: string };
  const count = element('span', { class: 'muted', 'aria-live': 'polite' });
  const tbody = element('tbody', {});
  const heads = columns.map(({ key, title, number }) =>
    element(
      'th',
      { scope: 'col', 'aria-sort': 'none', ...(number ? { class: 'number' } : {}) },
      element('button', { 'data-sort': key, 'data-focus': key, type: 'button' }, title),
    ),
  );
  const { sort } = host.getState() ?? {};
  let sorted = sort && { column: columns.find(({ key }) => key === sort.key)!, down: sort.down };

  function draw(): void {
    const words = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
    const kept = summary.tensors.filter((tensor) => {
      const text = `${tensor.name} ${tensor.dtype} ${formatShape(tensor.shape)}`.toLowerCase();
      return words.every((word) => text.includes(word));
    });
    if (sorted) {
      const { column, down } = sorted;
      kept.sort((a, b) => (down ? -column.order(a, b) : column.order(a, b)));
    }
    const bytes = kept.reduce((sum, tensor) => sum + tensor.bytes, 0);
    const more = kept.length > shownRows ? `, the first ${formatCount(shownRows)} are shown` : '';
    count.textContent = `${formatCount(kept.length)} of ${formatCount(summary.tensors.length)} tensors, ${formatBytes(bytes)}${more}`;
    tbody.replaceChildren(
      ...kept.slice(0, shownRows).map((tensor) =>
        element(
          'tr',
          {},
          ...columns.map(({ text, number, key }) =>
            element(
              key === 'name' ? 'th' : 'td',
              {
                ...(key === 'name' ? { scope: 'row' } : {}),
                ...(number ? { class: 'number' } : {}),
              },
              text(tensor),
            ),
          ),
        ),
      ),
    );
    table.dataset.rows = String(Math.min(kept.length, shownRows));
    heads.forEach((head, i) => {
      const direction =
        sorted?.column !== columns[i] ? 'none' : sorted.down ? 'descending' : 'ascending';
      head.setAttribute('aria-sort', direction);
      const arrow = { none: '', ascending: ' ▲', descending: ' ▼' }[direction];
      head.querySelector('button')!.textContent = columns[i].title + arrow;
    });
  }

  heads.forEach((head, i) =>
    head.querySelector('button')!.addEventListener('click', () => {
      const column = columns[i];
      // The first click on a number shows the biggest first.
      sorted = { column, down: sorted?.column === column ? !sorted.down : column.number };
      host.setState({ ...host.getState(), sort: { key: column.key, down: sorted.down } });
      draw();
    }),
  );
  filter.addEventListener('input', () => {
    host.setState({ ...host.getState(), filter: filter.value });
    draw();
  });
  const table = element(
    'table',
    { 'data-view': 'tensors' },
    element('caption', { class: 'visually-hidden' }, `Tensors of ${file}`),
    element('thead', {}, element('tr', {}, ...heads)),
    tbody,
  );
  draw();
  return [
    element('h1', {}, file),
    facts([
      summary.format,
      `${formatCount(summary.parameters)} parameters`,
      formatModelBytes(summary),
      ...(summary.parameters > 0 ? [formatBitsPerParameter(summary)] : []),
      ...summary.notes,
    ]),
    ...(summary.tensors.length === 0
      ? [element('p', { 'data-view': 'empty' }, 'No tensors are in this file.')]
      : [
          element('div', { class: 'row' }, filter, count),
          element('div', { class: 'scroll' }, table),
        ]),
  ];
}

host.postMessage({ type: 'ready' } satisfies FromModelEditor);
