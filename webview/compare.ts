/**
 * Several runs side by side: their curves over each other, and a table of settings, bytes and metrics.
 *
 * Hooks for tests (stable):
 * - `body[data-kind="compare"]`, `body[data-ready]`, `body[data-runs]` = number of runs, `body[data-error]`
 * - `[data-view=curve-loss][data-lines]`, `[data-view=curve-accuracy] canvas`
 * - `[data-view=comparison]`, in it `tr[data-row][data-differs]`; `[data-action=differences]`
 */
import '@vscode-elements/elements/dist/vscode-checkbox/index.js';
import {
  cellText,
  compareRuns,
  comparisonParts,
  type ComparedRun,
  type ComparisonRow,
} from '../src/report/compare';
import { stageNames } from '../src/runs/events';
import type { FromComparison, ToComparison } from '../src/views/panelMessages';
import { reduce } from '../src/runs/state';
import { hasPoints, measures } from './charts/curves';
import { createPlot, type Line } from './charts/plot';
import { createStageSelect } from './charts/stageSelect';
import { element } from './element';
import './panel.css';
import { showErrors } from './page';

const host = acquireVsCodeApi<{ runs?: string[] }>();
const send = (wish: FromComparison): void => host.postMessage(wish);

/** One colour a run, again from the first where there are more. */
const colors: Line['color'][] = [
  ['--vscode-charts-blue', '#3794ff'],
  ['--vscode-charts-red', '#f14c4c'],
  ['--vscode-charts-green', '#89d185'],
  ['--vscode-charts-orange', '#d18616'],
  ['--vscode-charts-purple', '#b180d7'],
  ['--vscode-charts-yellow', '#cca700'],
];

const partTitles: Record<(typeof comparisonParts)[number], string> = {
  settings: 'Settings',
  bytes: 'Bytes',
  metrics: 'Metrics',
};

let runs: ComparedRun[] = [];
let frame = 0;
let tabulated = '';

const select = createStageSelect(schedule);
const plots = measures.map((measure) => createPlot(measure));
const empty = element('p', { class: 'empty' }, 'None of these runs has a curve yet.');
const onlyDifferences = element('vscode-checkbox', {
  label: 'Differences only',
  'data-action': 'differences',
});
onlyDifferences.addEventListener('change', () => {
  tabulated = '';
  schedule();
});
const table = element('table', { 'data-view': 'comparison' });
document.body.append(
  element('h1', {}, 'Compare Runs'),
  element(
    'section',
    { 'data-view': 'curves' },
    select.element,
    empty,
    element('div', { class: 'plots' }, ...plots.map((plot) => plot.element)),
  ),
  element(
    'section',
    {},
    element('div', { class: 'row' }, onlyDifferences),
    element('div', { class: 'scroll' }, table),
  ),
);

window.addEventListener('message', ({ data }: MessageEvent<ToComparison>) => {
  switch (data.type) {
    case 'runs':
      runs = data.runs;
      host.setState({ runs: data.folders });
      break;
    case 'events': {
      const run = runs[data.run];
      if (run) run.state = data.events.reduce(reduce, run.state);
      break;
    }
    default:
      data satisfies never;
  }
  schedule();
});
new ResizeObserver(schedule).observe(document.body);
new MutationObserver(() => plots.forEach((plot) => plot.restyle())).observe(document.body, {
  attributeFilter: ['class', 'data-vscode-theme-id'],
});
showErrors();

function schedule(): void {
  if (frame === 0) frame = requestAnimationFrame(draw);
}

function draw(): void {
  frame = 0;
  if (runs.length === 0) return;
  drawCurves();
  drawTable();
  document.body.dataset.runs = String(runs.length);
  document.body.dataset.ready = 'true';
}

function drawCurves(): void {
  const stages = stageNames.filter((name) =>
    runs.some(({ state }) => hasPoints(state.stages[name])),
  );
  const shown = select.offer(stages);
  empty.hidden = shown !== undefined;
  if (shown === undefined) return;
  plots.forEach((plot, i) => {
    const { values } = measures[i];
    const lines = runs.flatMap(({ name, state }, run): Line[] => {
      const stage = state.stages[shown];
      if (!stage) return [];
      const color = colors[run % colors.length];
      return [
        {
          label: `${name}, training`,
          color,
          width: 0.75,
          step: stage.training.step,
          values: values(stage.training),
        },
        {
          label: `${name}, validation`,
          color,
          width: 2.5,
          dashed: true,
          marks: 5,
          step: stage.validation.step,
          values: values(stage.validation),
        },
      ];
    });
    plot.draw(lines, shown);
  });
}

/** Built anew only when a value has changed, so that a selection of text stays. */
function drawTable(): void {
  const all = compareRuns(runs);
  const rows = (onlyDifferences as HTMLElement & { checked: boolean }).checked
    ? all.filter(({ differs }) => differs)
    : all;
  const key = JSON.stringify(rows);
  if (key === tabulated) return;
  tabulated = key;
  table.replaceChildren(
    element(
      'thead',
      {},
      element(
        'tr',
        {},
        element('td', {}),
        ...runs.map(({ name }, run) =>
          element(
            'th',
            { scope: 'col' },
            element('span', { class: 'swatch', style: swatch(run), 'aria-hidden': 'true' }),
            ` ${name}`,
          ),
        ),
      ),
    ),
    ...comparisonParts.map((part) =>
      body(
        part,
        rows.filter((row) => row.part === part),
      ),
    ),
  );
}

const swatch = (run: number): string => {
  const [variable, fallback] = colors[run % colors.length];
  return `background: var(${variable}, ${fallback})`;
};

function body(part: ComparisonRow['part'], rows: ComparisonRow[]): HTMLElement {
  return element(
    'tbody',
    {},
    element(
      'tr',
      {},
      element(
        'th',
        { scope: 'rowgroup', colspan: runs.length + 1, class: 'group' },
        partTitles[part],
      ),
    ),
    ...rows.map((row) =>
      element(
        'tr',
        {
          'data-row': row.name,
          'data-differs': row.differs,
          class: row.differs ? 'differs' : undefined,
        },
        element(
          'th',
          { scope: 'row' },
          row.name,
          ...(row.differs ? [element('span', { class: 'visually-hidden' }, ', differs')] : []),
        ),
        ...row.values.map((value) => element('td', {}, cellText(row, value))),
      ),
    ),
  );
}

send({ type: 'ready' });
