/** A table that is sorted by a click on a head and filtered by words; what was chosen is kept for the time after a reload. */
import '@vscode-elements/elements/dist/vscode-textfield/index.js';
import { formatCount } from '../src/core/count';
import { element } from './element';

export interface SortableColumn<Row> {
  key: string;
  title: string;
  number: boolean;
  text(row: Row): string;
  order(a: Row, b: Row): number;
  /** What the cell holds, where that is more than its text. */
  cell?(row: Row): Node;
}

export interface SavedView {
  filter?: string;
  sort?: { key: string; down: boolean };
}

export interface SortableTable<Row> {
  /** Name of the table, for tests and looks. */
  view: string;
  caption: string;
  /** The first names the row. */
  columns: SortableColumn<Row>[];
  /** In the order in which they are shown until a head is clicked. */
  rows: Row[];
  /** What the filter looks through. */
  words(row: Row): string;
  filterHint: string;
  /** What is said of those that the filter leaves: `12 of 30 tensors`. */
  count(kept: Row[]): string;
  host: { getState(): SavedView | undefined; setState(state: SavedView): unknown };
}

/** More rows than a person reads would only slow the page down; the filter finds the rest. */
const shownRows = 2000;

/** The row with the filter, and the table. */
export function sortableTable<Row>(options: SortableTable<Row>): Node[] {
  const { view, caption, columns, rows, words, filterHint, host } = options;
  const filter = element('vscode-textfield', {
    'data-view': 'filter',
    'data-focus': 'filter',
    placeholder: filterHint,
    'aria-label': filterHint,
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
  const known = columns.find(({ key }) => key === sort?.key);
  let sorted = known && { column: known, down: sort!.down };

  function draw(): void {
    const wanted = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
    const kept = rows.filter((row) => {
      const text = words(row).toLowerCase();
      return wanted.every((word) => text.includes(word));
    });
    if (sorted) {
      const { column, down } = sorted;
      kept.sort((a, b) => (down ? -column.order(a, b) : column.order(a, b)));
    }
    const more = kept.length > shownRows ? `, the first ${formatCount(shownRows)} are shown` : '';
    count.textContent = `${options.count(kept)}${more}`;
    tbody.replaceChildren(...kept.slice(0, shownRows).map(rowOf));
    table.dataset.rows = String(Math.min(kept.length, shownRows));
    heads.forEach((head, i) => {
      const direction =
        sorted?.column !== columns[i] ? 'none' : sorted.down ? 'descending' : 'ascending';
      head.setAttribute('aria-sort', direction);
      const arrow = { none: '', ascending: ' ▲', descending: ' ▼' }[direction];
      head.querySelector('button')!.textContent = columns[i].title + arrow;
    });
  }

  const rowOf = (row: Row): HTMLElement =>
    element(
      'tr',
      {},
      ...columns.map(({ text, number, cell }, i) =>
        element(
          i === 0 ? 'th' : 'td',
          { ...(i === 0 ? { scope: 'row' } : {}), ...(number ? { class: 'number' } : {}) },
          cell ? cell(row) : text(row),
        ),
      ),
    );

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
    { 'data-view': view },
    element('caption', { class: 'visually-hidden' }, caption),
    element('thead', {}, element('tr', {}, ...heads)),
    tbody,
  );
  draw();
  return [
    element('div', { class: 'row' }, filter, count),
    element('div', { class: 'scroll' }, table),
  ];
}
