/** How good each model of the run is on test data, beside the trivial answer, and what it takes for what. */
import type { Confusion, Metrics } from '../../src/core/train/model';
import { stageTitles } from '../../src/report/mermaid';
import { measuredStages, qualityText } from '../../src/report/quality';
import type { RunTitle } from '../../src/views/panelMessages';
import type { RunState } from '../../src/runs/state';
import { formatCount } from '../../src/core/count';
import { formatPercent } from '../../src/runs/units';
import type { Chart } from '../chart';
import { element } from '../element';
import { createEpochs } from './epochs';
import { createStageSelect } from './stageSelect';

export function createQuality(): Chart {
  const select = createStageSelect(() => last && draw(...last));
  const epochs = createEpochs();
  const empty = element(
    'p',
    { class: 'empty' },
    'Not measured yet: the model is run on test data when training has finished.',
  );
  const body = element('div', {});
  const root = element(
    'section',
    { 'data-view': 'quality', 'data-stages': 0 },
    empty,
    epochs.element,
    select.element,
    body,
  );
  let drawn = '';
  let last: [RunState, RunTitle] | undefined;

  function draw(state: RunState, title: RunTitle): void {
    last = [state, title];
    epochs.draw(state, title);
    const measured = measuredStages(state);
    const confused = measured.filter(({ test }) => test.confusion);
    const shown = select.offer(confused.map(({ stage }) => stage));
    root.dataset.stages = String(measured.length);
    empty.hidden = measured.length > 0 || !epochs.element.hidden;
    const key = JSON.stringify([shown, measured.map(({ test }) => test)]);
    if (key === drawn) return;
    drawn = key;
    const chosen = confused.find(({ stage }) => stage === shown);
    body.replaceChildren(
      element(
        'ul',
        { class: 'qualities' },
        ...measured.map(({ stage, test }) =>
          element('li', { 'data-quality': stage }, `${stageTitles[stage]}: ${qualityText(test)}`),
        ),
      ),
      ...hintOf(measured.at(-1)?.test),
      ...(chosen?.test.confusion
        ? [heatMap(chosen.test.confusion, stageTitles[chosen.stage])]
        : []),
    );
  }

  return { element: root, draw };
}

/** What the figures mean where they need it, or why there is nothing more to see. */
function hintOf(test: Metrics | undefined): HTMLElement[] {
  if (test?.frechetDistance !== undefined) {
    return [
      element(
        'p',
        { class: 'hint' },
        'A classifier that was trained on the examples looks at the samples: the Fréchet distance between what it sees in both is 0 where they look alike, a low entropy of its labels tells that few of the classes are drawn, and a low confidence that they are hard to recognise.',
      ),
    ];
  }
  if (test?.error !== undefined && test.confusion === undefined) {
    return [
      element(
        'p',
        { class: 'hint' },
        'There are too many classes for a confusion matrix that could be read.',
      ),
    ];
  }
  return [];
}

/** Shades each cell by its share of the row, right answers and wrong ones in colours of their own. */
function heatMap({ truths, answers, counts }: Confusion, title: string): HTMLElement {
  const cell = (truth: string, answer: string, count: number, total: number): HTMLElement => {
    const share = total > 0 ? count / total : 0;
    const right = truth === answer;
    return element(
      'td',
      {
        class: `number confusion ${right ? 'right' : 'wrong'}`,
        'data-count': count,
        // A few mistakes among thousands must still be seen.
        style: `--share: ${count === 0 ? 0 : (0.12 + 0.88 * Math.sqrt(share)).toFixed(3)}`,
        title: `${formatCount(count)} of ${formatCount(total)} (${formatPercent(share)}) of ${truth} are taken for ${answer}`,
      },
      formatCount(count),
    );
  };
  return element(
    'div',
    { class: 'scroll fit' },
    element(
      'table',
      { 'data-view': 'confusion' },
      element('caption', {}, `Confusion matrix of test data after ${title.toLowerCase()}`),
      element(
        'thead',
        {},
        element(
          'tr',
          {},
          element('td', { class: 'muted' }, 'truth ╲ answer'),
          ...answers.map((answer) => element('th', { scope: 'col', class: 'number' }, answer)),
        ),
      ),
      element(
        'tbody',
        {},
        ...truths.map((truth, i) => {
          const total = counts[i].reduce((sum, count) => sum + count, 0);
          return element(
            'tr',
            {},
            element('th', { scope: 'row' }, truth),
            ...answers.map((answer, j) => cell(truth, answer, counts[i][j], total)),
          );
        }),
      ),
    ),
  );
}
