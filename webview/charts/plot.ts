/** Lines over training steps or bytes (uPlot): dragging zooms in, a double click zooms out. */
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { formatCount } from '../../src/core/count';
import { themeColor } from '../chart';
import { element } from '../element';
import { decimate } from './decimate';
import { flatRange } from './flatRange';

export interface PlotOptions {
  /** The figure's hook for tests: `curve-loss`. */
  name: string;
  title: string;
  format(value: number): string;
  /** What stands at an axis tick. */
  tick(value: number): string;
  /** What no value can exceed. */
  most?: number;
  /** What the lines go over; training steps unless told otherwise. */
  over?: { label: string; format(value: number): string };
}

export interface Line {
  label: string;
  /** Theme variable and what replaces it. */
  color: [variable: string, fallback: string];
  width: number;
  dashed?: boolean;
  /** Diameter of a mark at each value; none where it is absent. */
  marks?: number;
  step: number[];
  /** One for each step. */
  values: (number | null)[];
}

export interface Plot {
  element: HTMLElement;
  /** @param subject what the lines are of: a new one takes the zoom away */
  draw(lines: Line[], subject: string): void;
  restyle(): void;
}

/** More marks than these hide their line. */
const mostMarks = 100;

const hasAtMost =
  (most: number) =>
  ({ data }: uPlot, line: number): boolean =>
    Array.from(data[line]).filter((value) => value !== null && value !== undefined).length <= most;

/** Distances between ticks: neither steps nor bytes have halves. */
const wholeSteps = Array.from({ length: 13 }, (_, k) => [1, 2, 5].map((n) => n * 10 ** k)).flat();

const steps = { label: 'step', format: formatCount };

/** Without a value in any line the figure hides. */
export function createPlot({ name, title, format, tick, most, over = steps }: PlotOptions): Plot {
  const host = element('div', { class: 'plot-host' });
  const latest = element('span', { class: 'muted' });
  const figure = element(
    'figure',
    { class: 'plot', 'data-view': name, hidden: true },
    element('figcaption', {}, title, latest),
    host,
  );
  let plot: uPlot | undefined;
  let looks = '';
  let lines: Line[] = [];
  let subject: string | undefined;
  let zoom: [number, number] | undefined;

  function draw(next: Line[], about: string): void {
    if (about !== subject) zoom = undefined;
    subject = about;
    lines = next.filter(({ values }) => values.slice(0, 50).some((value) => value !== null));
    figure.hidden = lines.length === 0;
    figure.dataset.lines = String(lines.length);
    if (figure.hidden) return;
    const width = host.clientWidth;
    if (width < 40) return;
    const height = Math.round(Math.max(180, Math.min(340, width * 0.55)));
    const data = uPlot.join(
      lines.map(({ step, values }): uPlot.AlignedData => {
        const points = decimate(step, values, Math.ceil(width / 2), ...(zoom ?? []));
        return [points.step, points.value];
      }),
    );
    describe();
    const drawn = JSON.stringify(
      lines.map(({ label, color, width, dashed, marks }) => [label, color, width, dashed, marks]),
    );
    if (plot && drawn !== looks) forget();
    looks = drawn;
    if (!plot) {
      plot = new uPlot(options(width, height), data, host);
    } else {
      if (plot.width !== width || plot.height !== height) plot.setSize({ width, height });
      plot.setData(data, false);
    }
    const end = Math.max(1, (data[0].at(-1) as number | undefined) ?? 1);
    const [min, max] = zoom ?? [0, end];
    plot.setScale('x', { min, max });
  }

  /** A picture needs words: where each line begins and ends stands in the label that a screen reader reads. */
  function describe(): void {
    const words = (value: number | null | undefined): string =>
      value === null || value === undefined ? '–' : format(value);
    // More than two stand in the legend only.
    latest.hidden = lines.length > 2;
    latest.textContent = lines
      .map(({ label, values }) => `${label} ${words(values.at(-1))}`)
      .join(' · ');
    const said = lines.map(
      ({ label, values }) => `${label} from ${words(values[0])} to ${words(values.at(-1))}`,
    );
    host.setAttribute('role', 'img');
    host.setAttribute('aria-label', `${title}: ${said.join(', ')}`);
  }

  function options(width: number, height: number): uPlot.Options {
    const text = themeColor('--vscode-foreground', '#888');
    // The grid stays behind the lines in every theme: borders are as bright as text in high contrast.
    const line = `color-mix(in srgb, ${text} 16%, transparent)`;
    const axis = {
      stroke: text,
      font: `11px ${themeColor('--vscode-font-family', 'sans-serif')}`,
      grid: { stroke: line, width: 1 },
      ticks: { stroke: line, width: 1 },
    };
    // Without a cursor the legend only names the lines: the caption has their last values.
    const shown = (_: uPlot, value: number | null) =>
      value === null || value === undefined ? '' : format(value);
    return {
      width,
      height,
      legend: { live: true },
      cursor: { drag: { x: true, y: false }, points: { size: 6 } },
      scales: {
        x: { time: false },
        y: {
          range: (_, min: number | null, max: number | null) => {
            if (min === null || max === null) return [null, null];
            return min === max ? flatRange(min, most) : uPlot.rangeNum(min, max, 0.1, true);
          },
        },
      },
      axes: [
        {
          ...axis,
          label: over.label,
          labelSize: 16,
          labelFont: axis.font,
          size: 34,
          incrs: wholeSteps,
          values: (_, ticks) => ticks.map(over.format),
        },
        { ...axis, size: 54, values: (_, ticks) => ticks.map(tick) },
      ],
      series: [
        { label: over.label, value: (_, at) => (at === null ? '' : over.format(at)) },
        ...lines.map(({ label, color, width: thickness, dashed, marks }): uPlot.Series => ({
          label,
          stroke: themeColor(...color),
          width: thickness,
          ...(dashed && { dash: [6, 3] }),
          spanGaps: true,
          // A value without a neighbour has no line, so that its mark is all there is to see.
          points: { size: marks ?? 5, show: hasAtMost(marks ? mostMarks : 1) },
          value: shown,
        })),
      ],
      hooks: {
        setSelect: [
          (self) => {
            if (self.select.width < 3) return;
            zoom = [
              self.posToVal(self.select.left, 'x'),
              self.posToVal(self.select.left + self.select.width, 'x'),
            ];
            draw(lines, subject!);
          },
        ],
        ready: [
          (self) =>
            self.over.addEventListener('dblclick', () => {
              zoom = undefined;
              draw(lines, subject!);
            }),
        ],
      },
    };
  }

  function forget(): void {
    plot?.destroy();
    plot = undefined;
  }

  return {
    element: figure,
    draw,
    restyle: () => {
      forget();
      if (subject !== undefined) draw(lines, subject);
    },
  };
}
