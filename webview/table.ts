/** A table that scrolls inside its panel: a caption, heads, and rows whose first cell is their head. */
import { element } from './element';

export interface Column {
  head: string;
  /** Numbers stand to the right, under one another. */
  number?: boolean;
  class?: string;
}

export interface Row {
  attributes?: Record<string, string | number>;
  cells: (Node | string)[];
}

export function table(view: string, caption: string, columns: Column[], rows: Row[]): HTMLElement {
  const looks = ({ number, class: own }: Column): Record<string, string> => {
    const names = [number ? 'number' : '', own ?? ''].filter(Boolean).join(' ');
    return names ? { class: names } : {};
  };
  return element(
    'div',
    { class: 'scroll' },
    element(
      'table',
      { 'data-view': view },
      element('caption', {}, caption),
      element(
        'thead',
        {},
        element(
          'tr',
          {},
          ...columns.map((column) =>
            element('th', { scope: 'col', ...looks(column) }, column.head),
          ),
        ),
      ),
      element(
        'tbody',
        {},
        ...rows.map(({ attributes, cells }) =>
          element(
            'tr',
            attributes,
            ...cells.map((cell, i) =>
              i === 0
                ? element('th', { scope: 'row', ...looks(columns[i]) }, cell)
                : element('td', looks(columns[i]), cell),
            ),
          ),
        ),
      ),
    ),
  );
}

export interface Segment {
  /** Class of its colour. */
  name: string;
  size: number;
  title: string;
}

/** A stacked bar; `whole` is what the full width stands for. Its words are for screen readers. */
export function stackedBar(segments: Segment[], whole: number, words: string): HTMLElement {
  return element(
    'span',
    { class: 'stacked', role: 'img', 'aria-label': words },
    ...segments
      .filter(({ size }) => size > 0)
      .map(({ name, size, title }) => {
        const made = element('span', { class: `segment ${name}`, title });
        // A width set through CSSOM needs no inline style attribute.
        made.style.width = `${((100 * size) / Math.max(1, whole)).toFixed(3)}%`;
        return made;
      }),
  );
}

export function legend(entries: [name: string, title: string][]): HTMLElement {
  return element(
    'p',
    { class: 'legend' },
    ...entries.map(([name, title]) =>
      element(
        'span',
        {},
        element('span', { class: `swatch ${name}`, 'aria-hidden': 'true' }),
        ` ${title}`,
      ),
    ),
  );
}
