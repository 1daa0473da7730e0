/** Description length of the labels: model and corrections after each pass, beside codes without a model. */
import { labelLengths, type LabelLengths } from '../../src/report/analysis';
import { stageTitles } from '../../src/report/mermaid';
import type { RunState } from '../../src/runs/state';
import { formatCount } from '../../src/core/count';
import { formatBytes } from '../../src/runs/units';
import type { Chart, ChartWishes } from '../chart';
import { button, element } from '../element';
import { legend, stackedBar, table, type Row } from '../table';

export function createLabels(wishes: ChartWishes): Chart {
  const empty = element('p', { class: 'empty' });
  const ask = button(
    'Code Labels Block by Block',
    { icon: 'symbol-ruler', secondary: true, action: 'prequential' },
    () => wishes.analyse({ name: 'prequential' }),
  );
  const body = element('div', {});
  const root = element(
    'section',
    { 'data-view': 'labels' },
    element('h2', {}, 'Description length of the labels'),
    element(
      'p',
      { class: 'hint' },
      'The model and what the labels still cost when it is known. Where both together are shorter than the labels alone, something was learned.',
    ),
    empty,
    element('div', { class: 'row' }, ask),
    body,
  );
  let drawn = '';

  function draw(state: RunState): void {
    const lengths = labelLengths(state);
    const key = JSON.stringify([
      lengths,
      state.analysis.prequential.length,
      state.stages.train?.status,
    ]);
    if (key === drawn) return;
    drawn = key;
    const hasLengths = lengths !== undefined && lengths.stages.length > 0;
    empty.hidden = hasLengths;
    const trained = state.stages.train?.result;
    // A training that was stopped has measured no more than its errors.
    const waits = !trained || (lengths !== undefined && trained.test?.error !== undefined);
    empty.textContent = waits
      ? 'The labels are measured when training has finished.'
      : 'This model does not tell classes apart, so that it says nothing of the length of labels.';
    ask.hidden = !hasLengths;
    body.replaceChildren(...(hasLengths ? [picture(lengths, state)] : []));
  }

  return { element: root, draw };
}

function picture(lengths: LabelLengths, { analysis }: RunState): HTMLElement {
  const { count, classes, uniform, compressed, prequential, stages } = lengths;
  const others = Object.entries({
    uniform,
    ...(prequential !== undefined && { 'block-prequential': prequential }),
    ...compressed,
  });
  const whole = Math.max(
    ...stages.map(({ model, labels }) => model + labels),
    ...others.map(([, size]) => size),
  );
  const row = (name: string, model: number, labels: number): Row => ({
    attributes: { 'data-code': name, 'data-bytes': Math.round(model + labels) },
    cells: [
      name,
      stackedBar(
        [
          { name: 'model', size: model, title: `model: ${formatBytes(model)}` },
          { name: 'residual', size: labels, title: `labels: ${formatBytes(Math.round(labels))}` },
        ],
        whole,
        `${formatCount(model + labels)} bytes`,
      ),
      model === 0 ? '–' : formatCount(model),
      formatCount(labels),
      formatCount(model + labels),
    ],
  });
  const coded = analysis.prequential.at(-1);
  const far =
    coded && coded.coded < count
      ? ` Block by block, the first ${formatCount(coded.coded)} labels took ${formatBytes(Math.round(coded.bytes))} so far.`
      : '';
  return element(
    'div',
    {},
    legend([
      ['model', 'model'],
      ['residual', 'labels given the model'],
    ]),
    table(
      'label-codes',
      `${formatCount(count)} labels of ${classes} classes, those of training and validation.${far}`,
      [
        { head: 'Code' },
        { head: 'Bytes', class: 'stack' },
        { head: 'Model', number: true },
        { head: 'Labels', number: true },
        { head: 'Together', number: true },
      ],
      [
        ...stages.map(({ stage, model, labels }) => row(stageTitles[stage], model, labels)),
        ...others.map(([name, size]) => row(name, 0, size)),
      ],
    ),
  );
}
