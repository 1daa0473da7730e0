/** The table of stages: bytes on disk, ratio to the float32 parameters, test error, seconds. */
import type { StageName, StageResult } from '../../src/runs/events';
import type { RunState } from '../../src/runs/state';
import { formatCount } from '../../src/core/count';
import { float32Bytes } from '../../src/core/train/model';
import {
  formatBytes,
  formatPercent,
  formatRatio,
  formatSeconds,
  metricText,
} from '../../src/runs/units';
import { type Chart, type ChartWishes } from '../chart';
import { stageOrder, stageTitles } from '../../src/report/mermaid';
import { element, withCode } from '../element';
import { table } from '../table';

/** Stages whose file is no model: their bytes are not compared with the parameters'. */
const otherStages: StageName[] = ['collect', 'preprocess', 'program'];

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
      ...results.filter(([name]) => !otherStages.includes(name)).map(([, { bytes }]) => bytes),
    );
    const notes = results.flatMap(([name, result]) =>
      result.notes.map((note) => element('li', {}, `${stageTitles[name]}: `, ...withCode(note))),
    );
    body.replaceChildren(
      ...(results.length === 0 ? [] : [stageTable(results, dense, longest, wishes)]),
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

/** Bytes of the trained parameters as float32, once they are known. */
function denseBytes(state: RunState): number | undefined {
  const layers = state.stages.train?.result?.layers;
  return layers && float32Bytes(layers.reduce((sum, { parameters }) => sum + parameters, 0));
}

function stageTable(
  results: (readonly [StageName, StageResult])[],
  dense: number | undefined,
  longest: number,
  wishes: ChartWishes,
): HTMLElement {
  return table(
    'stage-table',
    'Stages',
    [
      { head: 'Stage' },
      { head: 'Bytes', class: 'number bytes' },
      { head: 'Ratio', number: true },
      { head: 'Test error', number: true },
      { head: 'Time', number: true },
      { head: 'Artifact' },
    ],
    results.map(([name, result]) => {
      const ofModel = !otherStages.includes(name);
      const bar = element('span', { class: 'bar', 'aria-hidden': 'true' });
      // A width set through CSSOM needs no inline style attribute.
      if (ofModel) bar.style.width = `${((result.bytes / longest) * 100).toFixed(2)}%`;
      const bytes = document.createDocumentFragment();
      bytes.append(bar, element('span', {}, formatCount(result.bytes)));
      const link = element(
        'a',
        { href: '#', 'data-open': name, title: result.artifact },
        result.artifact.split(/[\\/]/).at(-1)!,
      );
      link.addEventListener('click', (event) => {
        event.preventDefault();
        wishes.open(name);
      });
      return {
        attributes: { 'data-stage': name, 'data-bytes': result.bytes },
        cells: [
          stageTitles[name],
          bytes,
          ofModel && dense ? formatRatio(dense / result.bytes) : '–',
          errorOf(result),
          formatSeconds(result.seconds),
          link,
        ],
      };
    }),
  );
}

function errorOf({ test }: StageResult): string {
  if (test?.error !== undefined) return formatPercent(test.error);
  return metricText(test) || '–';
}
