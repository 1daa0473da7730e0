/**
 * The model editor in the browser: every tensor of a model file with its size, sortable and filtered.
 *
 * Hooks for tests (stable): `body[data-kind="model"][data-ready]`, `[data-view=tensors][data-rows]`,
 * `th[aria-sort] button[data-sort]`, `[data-view=filter]`, `.message` when the file cannot be read.
 */
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
import { sortableTable, type SavedView, type SortableColumn } from './sortable';

type Summary = Extract<ToModelEditor, { type: 'summary' }>['summary'];
type Tensor = Summary['tensors'][number];

const columns: SortableColumn<Tensor>[] = [
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

const page = (file: string, summary: Summary): Node[] => [
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
    : sortableTable({
        view: 'tensors',
        caption: `Tensors of ${file}`,
        columns,
        rows: summary.tensors,
        words: ({ name, dtype, shape }) => `${name} ${dtype} ${formatShape(shape)}`,
        filterHint: 'Filter by name, type or shape',
        count(kept) {
          const bytes = kept.reduce((sum, tensor) => sum + tensor.bytes, 0);
          return `${formatCount(kept.length)} of ${formatCount(summary.tensors.length)} tensors, ${formatBytes(bytes)}`;
        },
        host,
      })),
];

host.postMessage({ type: 'ready' } satisfies FromModelEditor);
