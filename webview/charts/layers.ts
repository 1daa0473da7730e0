/** Every parameter before and after the passes: histograms side by side on one scale, and a table of bytes. */
import '@vscode-elements/elements/dist/vscode-option/index.js';
import '@vscode-elements/elements/dist/vscode-single-select/index.js';
import type { LayerMeasure, StageName } from '../../src/runs/events';
import type { RunState } from '../../src/runs/state';
import { formatCount } from '../../src/core/count';
import { formatBytes, formatPercent, formatShape } from '../../src/runs/units';
import { type Chart } from '../chart';
import { stageOrder, stageTitles } from '../../src/report/mermaid';
import { element } from '../element';
import { table } from '../table';
import { strip } from './strip';

const width = 240;
const height = 72;

export function createLayers(): Chart {
  const before = element('vscode-single-select', { 'aria-label': 'Before' });
  const after = element('vscode-single-select', { 'aria-label': 'After' });
  const controls = element(
    'div',
    { class: 'row' },
    element('label', {}, 'Before', before),
    element('label', {}, 'After', after),
  );
  const empty = element(
    'p',
    { class: 'empty' },
    'No parameters yet: they appear when training has finished.',
  );
  const body = element('div', {});
  const root = element(
    'section',
    { 'data-view': 'layers', 'data-layers': 0 },
    controls,
    empty,
    body,
  );
  const chosen: { before?: StageName; after?: StageName } = {};
  let drawn = '';
  let last: RunState | undefined;
  const choose = (side: 'before' | 'after', select: HTMLElement): void =>
    select.addEventListener('change', () => {
      chosen[side] = (select as HTMLElement & { value: string }).value as StageName;
      if (last) draw(last);
    });
  choose('before', before);
  choose('after', after);

  function draw(state: RunState): void {
    last = state;
    const stages = stageOrder(state).filter((name) => state.stages[name]?.result?.layers?.length);
    controls.hidden = stages.length < 2;
    empty.hidden = stages.length > 0;
    const valid = (name?: StageName) => (name && stages.includes(name) ? name : undefined);
    const left = valid(chosen.before) ?? stages[0];
    const right = valid(chosen.after) ?? stages.at(-1)!;
    const key = JSON.stringify([
      stages,
      left,
      right,
      stages.map((name) => state.stages[name]?.result?.seconds),
    ]);
    if (key === drawn) return;
    drawn = key;
    if (stages.length === 0) {
      body.replaceChildren();
      return;
    }
    offer(before, stages, left);
    offer(after, stages, right);
    const layersOf = (name: StageName): LayerMeasure[] => state.stages[name]!.result!.layers!;
    root.dataset.layers = String(layersOf(right).length);
    body.replaceChildren(
      histograms(layersOf(left), layersOf(right), stageTitles[left], stageTitles[right]),
      layerTable(layersOf(left), layersOf(right), stageTitles[left], stageTitles[right]),
    );
  }

  return { element: root, draw };
}

function offer(select: HTMLElement, stages: StageName[], shown: StageName): void {
  select.replaceChildren(
    ...stages.map((name) =>
      element('vscode-option', { value: name, selected: name === shown }, stageTitles[name]),
    ),
  );
}

function histograms(
  left: LayerMeasure[],
  right: LayerMeasure[],
  leftTitle: string,
  rightTitle: string,
): HTMLElement {
  const same = leftTitle === rightTitle;
  const rows = right.map((after) => {
    const before = left.find((layer) => layer.name === after.name) ?? after;
    const limit = Math.max(
      ...[before, after].flatMap(({ histogram }) => [
        Math.abs(histogram.minimum),
        Math.abs(histogram.maximum),
      ]),
      1e-12,
    );
    return element(
      'figure',
      { class: 'layer', 'data-layer': after.name },
      element(
        'figcaption',
        {},
        after.name,
        element('span', { class: 'muted' }, formatShape(after.shape)),
      ),
      histogram(before, limit, leftTitle, 'before'),
      ...(same ? [] : [histogram(after, limit, rightTitle, 'after')]),
    );
  });
  return element('div', { class: 'layers' }, ...rows);
}

/** Bars over [-limit, limit]; zeros would dwarf everything, so they are told in words. */
function histogram(layer: LayerMeasure, limit: number, title: string, side: string): HTMLElement {
  const { counts, minimum, maximum } = layer.histogram;
  const highest = Math.max(1, ...counts);
  const x = (value: number): number => ((value + limit) / (2 * limit)) * width;
  const bin = (maximum - minimum) / counts.length;
  const bars = counts
    .map((count, i) => {
      if (count === 0) return '';
      const from = x(minimum + i * bin);
      const size = Math.max(1, x(minimum + (i + 1) * bin) - from - 0.25);
      const top = Math.max(1, (count / highest) * (height - 2));
      return `M${from.toFixed(2)} ${height}v${(-top).toFixed(2)}h${size.toFixed(2)}v${top.toFixed(2)}z`;
    })
    .join('');
  const zeros = layer.parameters - layer.nonZero;
  const words = zeros > 0 ? `${formatPercent(zeros / layer.parameters)} are zero` : 'none are zero';
  const said = `${layer.name} after ${title}: ${formatCount(layer.nonZero)} values from ${number(minimum)} to ${number(maximum)}, ${words}`;
  return element(
    'div',
    { class: 'histogram', 'data-histogram': side, 'data-bars': counts.filter(Boolean).length },
    element('div', { class: 'histogram-title' }, title, element('span', { class: 'muted' }, words)),
    strip(width, height, said, [
      [`M${width / 2} 0V${height}`, 'histogram-zero'],
      [bars, `histogram-bars ${side}`],
      [`M0 ${height + 0.5}H${width}`, 'histogram-axis'],
    ]),
    element(
      'div',
      { class: 'histogram-range muted', 'aria-hidden': 'true' },
      element('span', {}, number(-limit)),
      element('span', {}, '0'),
      element('span', {}, number(limit)),
    ),
  );
}

const number = (value: number): string => String(+value.toPrecision(3));

function layerTable(
  left: LayerMeasure[],
  right: LayerMeasure[],
  leftTitle: string,
  rightTitle: string,
): HTMLElement {
  const compared = leftTitle !== rightTitle;
  return table(
    'layer-table',
    'Parameters',
    [
      { head: 'Parameter' },
      { head: 'Shape' },
      { head: 'Non-zero', number: true },
      { head: 'Encoding' },
      { head: `Packed bytes (${leftTitle})`, number: true },
      ...(compared ? [{ head: `Packed bytes (${rightTitle})`, number: true }] : []),
    ],
    right.map((after) => {
      const before = left.find((layer) => layer.name === after.name) ?? after;
      return {
        cells: [
          after.name,
          formatShape(after.shape),
          `${formatCount(after.nonZero)} (${formatPercent(after.nonZero / Math.max(1, after.parameters))})`,
          after.encoding,
          formatBytes(before.bytes),
          ...(compared ? [formatBytes(after.bytes)] : []),
        ],
      };
    }),
  );
}
