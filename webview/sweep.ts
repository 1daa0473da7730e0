/**
 * The chart of a sweep in the browser: bytes against the test error or RMSE, the Pareto front, and the literature's points.
 *
 * Hooks for tests (stable): `body[data-kind="sweep"][data-ready]`, `[data-view=pareto][data-points]`, in it
 * `.sweep-point[data-point]` and `.published`, `[data-view=points] tr[data-point]`, `.message` when there is nothing to read.
 */
import { literature, paretoFront, type PublishedPoint } from '../src/report/literature';
import { settingsText, yardstickOf, type Yardstick } from '../src/report/yardstick';
import type { FromSweepPanel, ToSweepPanel } from '../src/views/panelMessages';
import type { SweepPoint, SweepResults } from '../src/runs/sweepFile';
import { formatCount } from '../src/core/count';
import { formatBytes, formatRatio, formatShortBytes } from '../src/runs/units';
import { element, svgElement } from './element';
import { drawMessages, failure } from './page';
import { legend, table, type Row } from './table';

type Measured = SweepPoint & { bytes: number; error: number };

const host = acquireVsCodeApi<object>();
const send = (wish: FromSweepPanel): void => host.postMessage(wish);
drawMessages<ToSweepPanel>((message) => {
  switch (message.type) {
    case 'results':
      return page(message.results);
    case 'failed':
      return [failure(message.message)];
    default:
      return message satisfies never;
  }
});

function page({ name, architecture, total, points }: SweepResults): Node[] {
  const yardstick = yardstickOf(points);
  const measured = points.flatMap((point): Measured[] => {
    const [bytes, error] = [point.bytes, yardstick.of(point)];
    return bytes === undefined || error === undefined ? [] : [{ ...point, bytes, error }];
  });
  const published = literature[architecture ?? ''] ?? [];
  return [
    element('h1', {}, `Sweep ${name}`),
    element(
      'p',
      { class: 'stats', 'aria-live': 'polite' },
      `${points.length} of ${total} points${architecture ? `, ${architecture}` : ''}`,
    ),
    ...(measured.length === 0
      ? [
          element(
            'p',
            { class: 'empty' },
            points.some(({ bytes }) => bytes !== undefined)
              ? 'No point has a measure of its model on a test split, which the chart sets against bytes: the table has what was measured.'
              : 'No point has been measured yet.',
          ),
        ]
      : [
          legend([
            ['model', 'measured, the front joined'],
            ...(published.length > 0 ? [['runtime', 'published'] as [string, string]] : []),
          ]),
          chart(measured, published, yardstick),
        ]),
    pointTable(points, yardstick),
  ];
}

const width = 720;
const height = 380;
const margin = { left: 62, right: 18, top: 28, bottom: 40 };

/** Bytes on a logarithmic axis, error on a linear one from zero. */
function chart(measured: Measured[], published: PublishedPoint[], { name, format }: Yardstick) {
  const all = [...measured, ...published];
  const low = Math.log10(Math.min(...all.map(({ bytes }) => bytes)) * 0.8);
  const high = Math.log10(Math.max(...all.map(({ bytes }) => bytes)) * 1.25);
  const top = 1.1 * Math.max(...all.map(({ error }) => error), 1e-4);
  const step = roundStep(top / 5);
  const x = (bytes: number): number =>
    margin.left + ((Math.log10(bytes) - low) / (high - low)) * (width - margin.left - margin.right);
  const y = (error: number): number =>
    height - margin.bottom - (error / top) * (height - margin.top - margin.bottom);
  const picture = svgElement('svg', {
    viewBox: `0 0 ${width} ${height}`,
    role: 'group',
    'aria-label': `Bytes against ${name} of ${measured.length} points`,
    'data-view': 'pareto',
    'data-points': measured.length,
    class: 'pareto',
  });
  const text = ([left, base]: [number, number], words: string, anchor: string): SVGElement =>
    svgElement('text', { x: left, y: base, 'text-anchor': anchor, class: 'axis-text' }, words);
  for (const bytes of ticksBetween(low, high)) {
    const at = x(bytes);
    picture.append(
      svgElement('path', {
        d: `M${at} ${margin.top}V${height - margin.bottom}`,
        class: 'grid-line',
      }),
      text([at, height - margin.bottom + 16], formatShortBytes(bytes), 'middle'),
    );
  }
  for (let error = 0; error <= top; error += step) {
    picture.append(
      svgElement('path', {
        d: `M${margin.left} ${y(error)}H${width - margin.right}`,
        class: 'grid-line',
      }),
      text([margin.left - 6, y(error) + 4], error === 0 ? '0' : format(error), 'end'),
    );
  }
  picture.append(
    text([width / 2, height - 6], 'bytes of the file', 'middle'),
    text([4, margin.top - 12], name, 'start'),
  );
  const front = paretoFront(measured);
  const line = front.map(({ bytes, error }, i) =>
    i === 0 ? `M${x(bytes)} ${y(error)}` : `H${x(bytes)}V${y(error)}`,
  );
  picture.append(svgElement('path', { d: line.join(''), class: 'front' }));
  const taken = all.map((point) => around(x(point.bytes), y(point.error)));
  for (const paper of published) {
    const [px, py] = [x(paper.bytes), y(paper.error)];
    const said = `${paper.name}: ${formatBytes(paper.bytes)}, ${format(paper.error)}`;
    const mark = svgElement(
      'path',
      {
        d: `M${px} ${py - 6}L${px + 6} ${py}L${px} ${py + 6}L${px - 6} ${py}z`,
        class: 'published',
        role: 'img',
        'aria-label': said,
      },
      svgElement('title', {}, said),
    );
    picture.append(mark, text(...placeFor(paper.name, px, py, taken)));
  }
  for (const point of measured) {
    const measure = `${name} ${format(point.error)}`;
    picture.append(mark(point, measure, [x(point.bytes), y(point.error)]));
  }
  return picture;
}

interface Box {
  left: number;
  right: number;
  top: number;
  bottom: number;
}

const around = (x: number, y: number): Box => ({
  left: x - 7,
  right: x + 7,
  top: y - 7,
  bottom: y + 7,
});

/** Where a mark's name covers no other name, no mark and no axis: beside the mark, else above it; the place is taken then. */
function placeFor(
  name: string,
  px: number,
  py: number,
  taken: Box[],
): [at: [number, number], words: string, anchor: string] {
  const length = 6.2 * name.length;
  const right = px + 10 + length < width - margin.right;
  const left = right ? px + 10 : px - 10 - length;
  const lines = [4, -12, 20, -26, -40, -54].map((line) => py + line);
  const boxAt = (line: number): Box => ({
    left,
    right: left + length,
    top: line - 9,
    bottom: line + 3,
  });
  const free = lines.find((line) => {
    const box = boxAt(line);
    if (box.bottom > height - margin.bottom || box.top < 0) return false;
    return !taken.some(
      (other) =>
        box.left < other.right &&
        other.left < box.right &&
        box.top < other.bottom &&
        other.top < box.bottom,
    );
  });
  const line = free ?? lines[0];
  taken.push(boxAt(line));
  return [[right ? px + 10 : px - 10, line], name, right ? 'start' : 'end'];
}

/** 1, 2 or 5 times a power of ten, at least `least`. */
function roundStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(least));
  return power * [1, 2, 5, 10].find((digit) => digit * power >= least * 0.999)!;
}

/** @param measure how good its model is */
function mark(point: Measured, measure: string, [cx, cy]: [number, number]): SVGElement {
  const said = `${wordsOf(point)}: ${formatBytes(point.bytes)}, ${measure}. Opens its run`;
  const made = svgElement(
    'circle',
    {
      cx,
      cy,
      r: 5,
      class: 'sweep-point',
      'data-point': point.name,
      'data-focus': `point ${point.name}`,
      role: 'button',
      tabindex: 0,
      'aria-label': said,
    },
    svgElement('title', {}, said),
  );
  const open = (): void => send({ type: 'openPoint', point: point.name });
  made.addEventListener('click', open);
  made.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter' && event.key !== ' ') return;
    event.preventDefault();
    open();
  });
  return made;
}

function ticksBetween(low: number, high: number): number[] {
  const ticks: number[] = [];
  for (let decade = Math.floor(low); decade <= high; decade++) {
    for (const digit of [1, 2, 5]) ticks.push(digit * 10 ** decade);
  }
  return ticks.filter((bytes) => Math.log10(bytes) >= low && Math.log10(bytes) <= high);
}

const wordsOf = (point: SweepPoint): string => settingsText(point) || point.name;

function pointTable(points: SweepPoint[], { name, of, format }: Yardstick): HTMLElement {
  const rows = points
    .toSorted((a, b) => (a.bytes ?? Infinity) - (b.bytes ?? Infinity))
    .map((point): Row => {
      const value = of(point);
      const link = element('a', { href: '#', 'data-focus': `row ${point.name}` }, wordsOf(point));
      link.addEventListener('click', (event) => {
        event.preventDefault();
        send({ type: 'openPoint', point: point.name });
      });
      return {
        attributes: { 'data-point': point.name },
        cells: [
          link,
          point.bytes === undefined ? '–' : formatCount(point.bytes),
          point.ratio === undefined ? '–' : formatRatio(point.ratio),
          value === undefined ? '–' : format(value),
          point.problem ?? '',
        ],
      };
    });
  return table(
    'points',
    'Points',
    [
      { head: 'Settings' },
      { head: 'Bytes', number: true },
      { head: 'Ratio', number: true },
      { head: name[0].toUpperCase() + name.slice(1), number: true },
      { head: 'Problem', class: 'sentence' },
    ],
    rows,
  );
}

send({ type: 'ready' });
