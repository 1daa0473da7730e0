/**
 * The run panel in the browser: folds events into the state and draws it at most once a frame.
 *
 * Hooks for tests (stable):
 * - `body[data-kind="run"]`, `body[data-ready]` once the first state is drawn, `body[data-status]` = status of the run,
 *   `body[data-error]` when a script failed
 * - tabs: `vscode-tab-header[data-tab]`; sections: `[data-view=curves | quality | pipeline | layers | bytes | analysis | program]`
 * - `[data-view=curves][data-points]` number of points so far, `[data-stage]` the stage shown;
 *   `[data-view=curve-loss] canvas`, `[data-view=curve-accuracy] canvas`
 * - `[data-view=quality][data-stages]`; in it `[data-quality]` = a stage, `[data-view=confusion] td[data-count]`
 * - `[data-view=epochs][data-epochs][data-epoch]`, in it `input[type=range]` and `img`
 * - `[data-view=pipeline] g.node[data-stage][data-status]`: pending, running, finished, failed
 * - `[data-view=layers][data-layers]`; in it `[data-layer]`, `[data-histogram=before|after]`, `[data-view=layer-table]`
 * - `[data-view=bytes][data-rows]`; in it `tr[data-stage][data-bytes]`, `a[data-open]`
 * - `[data-view=analysis][data-running]`; in it `[data-view=ledger][data-sum][data-bytes]`, `[data-view=dry-run][data-passes]`
 *   with `button.rung[data-setting][data-bytes]`, `[data-view=sensitivity][data-cells]`, `[data-view=labels] tr[data-code][data-bytes]`
 * - `[data-view=program][data-total][data-verified]`; in it `tr[data-program][data-bytes]`, `[data-view=findings]`,
 *   `[data-view=fields] tr[data-field]`, `[data-view=proof][data-verified]`, `[data-view=curve-bits] canvas`
 * - `[data-view=status][data-status]`, `[data-view=stats]`, `[data-view=warnings][data-count]`, `.message`
 * - buttons: `[data-action=stop | resume | compress | pass | program | report | tensorboard | savePipeline | trust]`
 */
import '@vscode-elements/elements/dist/vscode-tab-header/index.js';
import '@vscode-elements/elements/dist/vscode-tab-panel/index.js';
import '@vscode-elements/elements/dist/vscode-tabs/index.js';
import type { FromPanel, ToPanel } from '../src/views/panelMessages';
import { onlyProgram, reduce, type RunState } from '../src/runs/state';
import type { Chart, ChartWishes } from './chart';
import { createAnalysis } from './charts/analysis';
import { createBytes } from './charts/bytes';
import { createCurves } from './charts/curves';
import { createLayers } from './charts/layers';
import { createPipeline } from './charts/pipeline';
import { createProgram } from './charts/program';
import { createQuality } from './charts/quality';
import { element } from './element';
import './panel.css';
import { showErrors } from './page';
import { createRunHeader } from './runHeader';

interface SavedView {
  run?: string;
  tab?: string;
}

interface Tab {
  name: string;
  chart: Chart;
  /** Its name in the strip, and what it shows. */
  parts: [header: HTMLElement, panel: HTMLElement];
}

const host = acquireVsCodeApi<SavedView>();
const send = (wish: FromPanel): void => host.postMessage(wish);
const wishes: ChartWishes = {
  open: (stage) => send({ type: 'open', stage }),
  verify: () => send({ type: 'verify' }),
  analyse: (analysis) => send({ type: 'analyse', analysis }),
  runPass: (pass, value, options) => send({ type: 'runPass', pass, value, options }),
  stop: () => send({ type: 'stop' }),
};

const header = createRunHeader(send);
const tabs: Tab[] = [
  tab('curves', 'Curves', createCurves()),
  tab('quality', 'Quality', createQuality()),
  tab('pipeline', 'Pipeline', createPipeline(wishes)),
  tab('layers', 'Parameters', createLayers()),
  tab('bytes', 'Bytes', createBytes(wishes)),
  tab('analysis', 'Analysis', createAnalysis(wishes)),
  tab('program', 'Program', createProgram(wishes)),
];
/** A run that only wrote a program has nothing to show in the other tabs. */
const programTabs = tabs.filter(({ name }) => name === 'bytes' || name === 'program');

let run: Extract<ToPanel, { type: 'state' }> | undefined;
let state: RunState | undefined;
let offered: Tab[] = [];
let shown = tabs.find(({ name }) => name === host.getState()?.tab) ?? tabs[0];
let frame = 0;

const strip = element('vscode-tabs', { panel: true, hidden: true });
strip.addEventListener('vsc-tabs-select', (event) => {
  shown = offered[(event as CustomEvent<{ selectedIndex: number }>).detail.selectedIndex];
  host.setState({ ...host.getState(), tab: shown.name });
  schedule();
});
document.body.append(header.element, strip);
wrapTabs(strip);

window.addEventListener('message', ({ data }: MessageEvent<ToPanel>) => {
  switch (data.type) {
    case 'state':
      run = data;
      state = data.state;
      break;
    case 'title':
      if (run) run = { ...run, title: data.title };
      break;
    case 'events':
      if (state) state = data.events.reduce(reduce, state);
      break;
    default:
      data satisfies never;
  }
  schedule();
});
new ResizeObserver(schedule).observe(document.body);
new MutationObserver(() => {
  for (const { chart } of tabs) chart.restyle?.();
  schedule();
}).observe(document.body, { attributeFilter: ['class', 'data-vscode-theme-id'] });
showErrors();

function tab(name: string, title: string, chart: Chart): Tab {
  const header = element('vscode-tab-header', { slot: 'header', 'data-tab': name }, title);
  return { name, chart, parts: [header, element('vscode-tab-panel', {}, chart.element)] };
}

/** Offers the tabs in which the run has something to show, as soon as its first stage tells what it is. */
function offer(state: RunState): void {
  strip.hidden = !hasSomething(state);
  const next = onlyProgram(state) ? programTabs : tabs;
  if (strip.hidden || next === offered) return;
  offered = next;
  if (!offered.includes(shown)) shown = offered.at(-1)!;
  strip.setAttribute('selected-index', String(offered.indexOf(shown)));
  strip.replaceChildren(...offered.flatMap(({ parts }) => parts));
}

/** Whether a tab has, or will have, something to show: none has where the first stage failed. */
function hasSomething(state: RunState): boolean {
  const stages = Object.values(state.stages);
  if (state.status === 'running') return stages.length > 0;
  return onlyProgram(state) || stages.some(({ result }) => result !== undefined);
}

/** In a narrow panel the strip takes a second row; its own style sheet lets it run out, and the page with it. */
function wrapTabs({ shadowRoot }: HTMLElement): void {
  const wrapping = new CSSStyleSheet();
  wrapping.replaceSync(
    '.tablist { flex-wrap: wrap; margin-inline: -8px } .header.panel { padding-inline: 0 }',
  );
  shadowRoot!.adoptedStyleSheets = [...shadowRoot!.adoptedStyleSheets, wrapping];
}

function schedule(): void {
  if (frame === 0) frame = requestAnimationFrame(draw);
}

function draw(): void {
  frame = 0;
  if (!run || !state) return;
  offer(state);
  header.draw(state, run.title, run.trusted);
  shown.chart.draw(state, run.title, run.trusted);
  document.body.dataset.status = state.status;
  document.body.dataset.ready = 'true';
}

// At once: a panel that a reload finds without its run cannot come back.
host.setState({ ...host.getState(), run: document.body.dataset.run });
send({ type: 'ready' });
