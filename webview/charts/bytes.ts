/** The table of stages: bytes on disk, ratio to the float32 parameters, test error, seconds. */
import type { StageName, StageResult } from '../../src/runs/events';
import type { RunState } from '../../src/runs/state';
import {
  formatBytes,
  formatCount,
  formatPercent,
  formatRatio,
  formatSeconds,
} from '../../src/runs/units';
import { type Chart, type ChartWishes } from '../chart';
import { stageOrder, stageTitles } from '../../src/core/report/mermaid';
import { element } from '../element';

const modelStages: StageName[] = [
  'train',
  'prune',
  'quantize',
  'share',
  'entropyTrain',
  'entropyCode',
];

export function createBytes(wishes: ChartWishes): Chart {
  const empty = element(
    'p',
    { class: 'empty' },
    'No sizes yet: each stage adds a row when it has finished.',
  );
  const body = element('div', {});
  const root = element('section', { 'data-view': 'bytes', 'data-rows': 0 }, empty, body);
  let drawn = '';

  function draw(state: RunState): void {
    const stages = stageOrder(state).filter((name) => state.stages[name]?.result);
    const results = stages.map((name) => [name, state.stages[name]!.result!] as const);
    const key = JSON.stringify(
      results.map(([name, result]) => [name, result.bytes, result.seconds]),
    );
    if (key === drawn) return;
    drawn = key;
    empty.hidden = results.length > 0;
    root.dataset.rows = String(results.length);
    const dense = denseBytes(state);
    const longest = Math.max(
      1,
      ...results.filter(([name]) => modelStages.includes(name)).map(([, { bytes }]) => bytes),
    );
    const notes = results.flatMap(([name, result]) =>
      result.notes.map((note) => element('li', {}, `${stageTitles[name]}: ${note}`)),
    );
    body.replaceChildren(
      ...(results.length === 0 ? [] : [table(results, dense, longest, wishes)]),
      ...(dense === undefined
        ? []
        : [
            element(
              'p',
              { class: 'hint' },
              `Ratios compare with the parameters as float32: ${formatBytes(dense)}.`,
            ),
          ]),
      ...(notes.length === 0 ? [] : [element('h2', {}, 'Notes'), element('ul', {}, ...notes)]),
    );
  }

  return { element: root, draw };
}

/** Four bytes for each parameter: what the literature's ratios start from. */
function denseBytes(state: RunState): number | undefined {
  const layers = state.stages.train?.result?.layers;
  return layers?.reduce((sum, layer) => sum + layer.parameters * 4, 0);
}

function table(
  results: (readonly [StageName, StageResult])[],
  dense: number | undefined,
  longest: number,
  wishes: ChartWishes,
): HTMLElement {
  const head = ['Stage', 'Bytes', 'Ratio', 'Test error', 'Time', 'Artifact'];
  const rows = results.map(([name, result]) => {
    const ofModel = modelStages.includes(name);
    const bar = element('span', { class: 'bar', 'aria-hidden': 'true' });
    // A width set through CSSOM needs no inline style attribute.
    if (ofModel) bar.style.width = `${((result.bytes / longest) * 100).toFixed(2)}%`;
    const link = element(
      'a',
      { href: '#', 'data-open': name, title: result.artifact },
      result.artifact.split(/[\\/]/).at(-1)!,
    );
    link.addEventListener('click', (event) => {
      event.preventDefault();
      wishes.open(name);
    });
    return element(
      'tr',
      { 'data-stage': name, 'data-bytes': result.bytes },
      element('th', { scope: 'row' }, stageTitles[name]),
      element('td', { class: 'number bytes' }, bar, element('span', {}, formatCount(result.bytes))),
      element(
        'td',
        { class: 'number' },
        ofModel && dense ? formatRatio(dense / result.bytes) : '–',
      ),
      element('td', { class: 'number' }, errorOf(result)),
      element('td', { class: 'number' }, formatSeconds(result.seconds)),
      element('td', {}, link),
    );
  });
  return element(
    'div',
    { class: 'scroll' },
    element(
      'table',
      { 'data-view': 'stage-table' },
      element('caption', {}, 'Stages'),
      element(
        'thead',
        {},
        element(
          'tr',
          {},
          ...head.map((cell, i) =>
            element('th', { scope: 'col', ...(i > 0 && i < 5 ? { class: 'number' } : {}) }, cell),
          ),
        ),
      ),
      element('tbody', {}, ...rows),
    ),
  );
}

function errorOf({ test }: StageResult): string {
  if (test?.error !== undefined) return formatPercent(test.error);
  if (test?.rmse !== undefined) return `RMSE ${test.rmse.toPrecision(4)}`;
  return '–';
}
