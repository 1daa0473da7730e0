/** Loss and accuracy over training steps, of training and validation, one stage at a time. */
import { isAdversarial, type Curve, type RunState, type StageState } from '../../src/runs/state';
import type { Chart } from '../chart';
import { stageOrder } from '../../src/report/mermaid';
import { element } from '../element';
import { createPlot, type PlotOptions } from './plot';
import { createStageSelect } from './stageSelect';

interface Measure extends PlotOptions {
  values(curve: Curve): (number | null)[];
}

const amount = {
  format: (value: number) => value.toPrecision(4),
  tick: (value: number) => String(+value.toPrecision(4)),
};

/** What a curve can show; a figure without values hides. */
export const measures: Measure[] = [
  {
    ...amount,
    name: 'curve-loss',
    title: 'Loss',
    values: (curve) => (isAdversarial(curve) ? [] : curve.loss),
  },
  {
    ...amount,
    name: 'curve-generator',
    title: 'Generator loss',
    values: (curve) => (isAdversarial(curve) ? curve.loss : []),
  },
  {
    name: 'curve-accuracy',
    title: 'Accuracy',
    most: 1,
    format: (value) => `${(value * 100).toFixed(2)} %`,
    tick: (value) => `${+(value * 100).toFixed(1)} %`,
    values: (curve) => curve.error.map((error) => (error === null ? null : 1 - error)),
  },
  {
    ...amount,
    name: 'curve-adversary',
    title: 'Discriminator loss',
    values: (curve) => curve.adversaryLoss,
  },
];

export function createCurves(): Chart {
  const select = createStageSelect(() => last && draw(last));
  const empty = element(
    'p',
    { class: 'empty' },
    'No curve yet: the first points come with the first batches of training.',
  );
  const plots = measures.map((measure) => createPlot(measure));
  const grid = element('div', { class: 'plots' }, ...plots.map((plot) => plot.element));
  const root = element(
    'section',
    { 'data-view': 'curves', 'data-points': 0 },
    select.element,
    empty,
    grid,
  );
  let last: RunState | undefined;

  function draw(state: RunState): void {
    last = state;
    const stages = stageOrder(state).filter((name) => hasPoints(state.stages[name]));
    const shown = select.offer(stages);
    empty.hidden = shown !== undefined;
    grid.hidden = shown === undefined;
    const stage = shown && state.stages[shown];
    root.dataset.points = String(
      stage ? stage.training.step.length + stage.validation.step.length : 0,
    );
    root.dataset.stage = shown ?? '';
    if (!stage) return;
    const { training, validation } = stage;
    plots.forEach((plot, i) => {
      const { values } = measures[i];
      plot.draw(
        [
          {
            label: 'training',
            color: ['--vscode-charts-blue', '#3794ff'],
            width: 1.25,
            step: training.step,
            values: values(training),
          },
          {
            label: 'validation',
            color: ['--vscode-charts-yellow', '#cca700'],
            width: 2,
            dashed: true,
            marks: 5,
            step: validation.step,
            values: values(validation),
          },
        ],
        shown,
      );
    });
  }

  return { element: root, draw, restyle: () => plots.forEach((plot) => plot.restyle()) };
}

export const hasPoints = (stage: StageState | undefined): boolean =>
  stage !== undefined && stage.training.step.length + stage.validation.step.length > 0;
