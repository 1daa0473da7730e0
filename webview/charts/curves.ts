/** Loss and accuracy over training steps, of training and validation, one stage at a time (uPlot). */
import '@vscode-elements/elements/dist/vscode-option/index.js';
import '@vscode-elements/elements/dist/vscode-single-select/index.js';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import type { StageName } from '../../src/runs/events';
import type { Curve, RunState, StageState } from '../../src/runs/state';
import { formatCount } from '../../src/runs/units';
import { themeColor, type Chart } from '../chart';
import { stageOrder, stageTitles } from '../../src/core/report/mermaid';
import { element } from '../element';
import { decimate } from './decimate';

interface Measure {
  name: 'loss' | 'accuracy';
  title: string;
  format(value: number): string;
  values(curve: Curve): (number | null)[];
}

const measures: Measure[] = [
  {
    name: 'loss',
    title: 'Loss',
    format: (value) => value.toPrecision(4),
    values: (curve) => curve.loss,
  },
  {
    name: 'accuracy',
    title: 'Accuracy',
    format: (value) => `${(value * 100).toFixed(2)} %`,
    values: (curve) => curve.error.map((error) => (error === null ? null : 1 - error)),
  },
];

export function createCurves(): Chart {
  let wanted: StageName | undefined;
  const select = element('vscode-single-select', { 'aria-label': 'Stage', class: 'stage-select' });
  const picker = element('label', { class: 'row', hidden: true }, 'Stage', select);
  const empty = element(
    'p',
    { class: 'empty' },
    'No curve yet: the first points come with the first batches of training.',
  );
  const plots = measures.map((measure) => createPlot(measure));
  const grid = element('div', { class: 'plots' }, ...plots.map((plot) => plot.element));
  const root = element('section', { 'data-view': 'curves', 'data-points': 0 }, picker, empty, grid);
  let last: RunState | undefined;
  select.addEventListener('change', () => {
    wanted = (select as HTMLElement & { value: string }).value as StageName;
    if (last) draw(last);
  });

  function draw(state: RunState): void {
    last = state;
    const stages = stageOrder(state).filter((name) => hasPoints(state.stages[name]));
    const shown = wanted && stages.includes(wanted) ? wanted : stages.at(-1);
    offer(stages, shown);
    empty.hidden = shown !== undefined;
    grid.hidden = shown === undefined;
    const stage = shown && state.stages[shown];
    root.dataset.points = String(
      stage ? stage.training.step.length + stage.validation.step.length : 0,
    );
    root.dataset.stage = shown ?? '';
    for (const plot of plots) plot.draw(stage, shown);
  }

  /** Shows the stages to choose from as soon as there are two. */
  function offer(stages: StageName[], shown: StageName | undefined): void {
    picker.hidden = stages.length < 2;
    const key = `${stages.join()} ${shown ?? ''}`;
    if (select.dataset.key === key) return;
    select.dataset.key = key;
    select.replaceChildren(
      ...stages.map((name) =>
        element('vscode-option', { value: name, selected: name === shown }, stageTitles[name]),
      ),
    );
  }

  return { element: root, draw, restyle: () => plots.forEach((plot) => plot.restyle()) };
}

const hasPoints = (stage: StageState | undefined): boolean =>
  stage !== undefined && stage.training.step.length + stage.validation.step.length > 0;

/** One uPlot with a training and a validation line; dragging zooms in, a double click zooms out. */
function createPlot(measure: Measure) {
  const host = element('div', { class: 'plot-host' });
  const latest = element('span', { class: 'muted' });
  const figure = element(
    'figure',
    { class: 'plot', 'data-view': `curve-${measure.name}`, hidden: true },
    element('figcaption', {}, measure.title, latest),
    host,
  );
  let plot: uPlot | undefined;
  let stage: StageState | undefined;
  let stageName: string | undefined;
  let zoom: [number, number] | undefined;

  function draw(next: StageState | undefined, name: string | undefined): void {
    if (name !== stageName) zoom = undefined;
    stage = next;
    stageName = name;
    const training = stage ? measure.values(stage.training) : [];
    const validation = stage ? measure.values(stage.validation) : [];
    figure.hidden = ![...training.slice(0, 50), ...validation.slice(0, 50)].some(
      (value) => value !== null,
    );
    if (figure.hidden || !stage) return;
    const width = host.clientWidth;
    if (width < 40) return;
    const height = Math.round(Math.max(180, Math.min(340, width * 0.55)));
    const data = uPlot.join(
      [thin(stage.training, training, width), thin(stage.validation, validation, width)].map(
        ({ step, value }) => [step, value] as uPlot.AlignedData,
      ),
    );
    describe(training, validation);
    if (!plot) {
      plot = new uPlot(options(width, height), data, host);
      return;
    }
    if (plot.width !== width || plot.height !== height) plot.setSize({ width, height });
    plot.setData(data, false);
    const end = Math.max(1, (data[0].at(-1) as number | undefined) ?? 1);
    const [min, max] = zoom ?? [0, end];
    plot.setScale('x', { min, max });
  }

  const thin = (curve: Curve, values: (number | null)[], width: number) =>
    decimate(curve.step, values, Math.ceil(width / 2), ...(zoom ?? []));

  /** A picture needs words: the last values stand in the label that a screen reader reads. */
  function describe(training: (number | null)[], validation: (number | null)[]): void {
    const lastOf = (values: (number | null)[]) => {
      const value = values.at(-1);
      return value === null || value === undefined ? '–' : measure.format(value);
    };
    latest.textContent = `training ${lastOf(training)} · validation ${lastOf(validation)}`;
    host.setAttribute('role', 'img');
    host.setAttribute('aria-label', `${measure.title}: ${latest.textContent}`);
  }

  function options(width: number, height: number): uPlot.Options {
    const text = themeColor('--vscode-foreground', '#888');
    const line = themeColor(
      '--vscode-editorWidget-border',
      themeColor('--vscode-panel-border', '#8884'),
    );
    const axis = {
      stroke: text,
      font: `11px ${themeColor('--vscode-font-family', 'sans-serif')}`,
      grid: { stroke: line, width: 1 },
      ticks: { stroke: line, width: 1 },
    };
    // Without a cursor the legend only names the lines: the caption has their last values.
    const shown = (_: uPlot, value: number | null) =>
      value === null || value === undefined ? '' : measure.format(value);
    return {
      width,
      height,
      legend: { live: true },
      cursor: { drag: { x: true, y: false }, points: { size: 6 } },
      scales: { x: { time: false } },
      axes: [
        { ...axis, label: 'step', labelSize: 16, labelFont: axis.font, size: 34 },
        {
          ...axis,
          size: 54,
          values: (_, ticks) =>
            ticks.map((tick) =>
              measure.name === 'accuracy'
                ? `${+(tick * 100).toFixed(1)} %`
                : String(+tick.toPrecision(4)),
            ),
        },
      ],
      series: [
        { label: 'step', value: (_, step) => (step === null ? '' : formatCount(step)) },
        {
          label: 'training',
          stroke: themeColor('--vscode-charts-blue', '#3794ff'),
          width: 1,
          spanGaps: true,
          points: { show: false },
          value: shown,
        },
        {
          label: 'validation',
          stroke: themeColor('--vscode-charts-yellow', '#cca700'),
          width: 2,
          dash: [6, 3],
          spanGaps: true,
          points: { size: 5 },
          value: shown,
        },
      ],
      hooks: {
        setSelect: [
          (self) => {
            if (self.select.width < 3) return;
            zoom = [
              self.posToVal(self.select.left, 'x'),
              self.posToVal(self.select.left + self.select.width, 'x'),
            ];
            draw(stage, stageName);
          },
        ],
        ready: [
          (self) =>
            self.over.addEventListener('dblclick', () => {
              zoom = undefined;
              draw(stage, stageName);
            }),
        ],
      },
    };
  }

  return {
    element: figure,
    draw,
    restyle: () => {
      plot?.destroy();
      plot = undefined;
      draw(stage, stageName);
    },
  };
}
