/** The sensitivity map: each layer compressed alone, as a heat map of accuracy lost with the bytes saved. */
import '@vscode-elements/elements/dist/vscode-option/index.js';
import '@vscode-elements/elements/dist/vscode-single-select/index.js';
import {
  mappedPasses,
  passDescriptions,
  type MappedPass,
} from '../../src/core/compress/descriptions';
import type { PassDescription, PassOptions } from '../../src/core/compress/pass';
import { lossOf, lossText } from '../../src/report/analysis';
import type { Sensitivity } from '../../src/runs/events';
import type { Analysis, RunState } from '../../src/runs/state';
import { formatBytes, formatShortBytes } from '../../src/runs/units';
import type { Chart, ChartWishes } from '../chart';
import { button, element } from '../element';
import { table } from '../table';

/** Accuracy lost at which a cell is as red as it gets; without accuracy, that is where the loss has doubled. */
const hottest = 0.05;

export function createSensitivity(wishes: ChartWishes): Chart {
  const select = element(
    'vscode-single-select',
    { 'aria-label': 'Pass' },
    ...mappedPasses.map((name) =>
      element('vscode-option', { value: name }, passDescriptions[name].title),
    ),
  );
  const chosen = (): MappedPass =>
    ((select as HTMLElement & { value?: string }).value || mappedPasses[0]) as MappedPass;
  const body = element('div', {});
  const root = element(
    'section',
    { 'data-view': 'sensitivity', 'data-cells': 0 },
    element('h2', {}, 'Sensitivity of each layer'),
    element(
      'p',
      { class: 'hint' },
      'Each layer is compressed alone and measured on the validation split, without fine-tuning: what it saves, and what that costs.',
    ),
    element(
      'div',
      { class: 'row' },
      element('label', {}, 'Pass', select),
      button('Map Layers', { icon: 'layers', secondary: true, action: 'sensitivity' }, () =>
        wishes.analyse({ name: 'sensitivity', pass: chosen() }),
      ),
    ),
    body,
  );
  let drawn: Analysis['sensitivity'];

  function draw(state: RunState): void {
    const { sensitivity } = state.analysis;
    if (sensitivity === drawn) return;
    drawn = sensitivity;
    root.dataset.cells = String(sensitivity?.cells.length ?? 0);
    body.replaceChildren(...(sensitivity ? [map(state, sensitivity)] : []));
  }

  function map(state: RunState, { pass, cells }: NonNullable<Analysis['sensitivity']>) {
    const layers = [...new Set(cells.map(({ parameter }) => parameter))];
    const settings = [...new Set(cells.map(({ setting }) => setting))];
    const { setting: wanted } = passDescriptions[pass];
    const left = leftAlone(state, pass);
    return table(
      'heat-map',
      `${passDescriptions[pass].title}: accuracy lost and bytes saved, by ${wanted.name}`,
      [
        { head: 'Layer' },
        ...settings.map((setting) => ({ head: String(setting), number: true })),
        { head: 'Action' },
      ],
      layers.map((parameter) => ({
        attributes: { 'data-layer': parameter },
        cells: [
          parameter,
          ...settings.map((setting) => {
            const cell = cells.find(
              (each) => each.parameter === parameter && each.setting === setting,
            );
            return cell ? heat(cell) : element('span', { class: 'muted' }, 'does not fit');
          }),
          left.includes(parameter)
            ? element('span', { class: 'muted' }, 'left alone')
            : leaveAlone(state, pass, parameter, left),
        ],
      })),
    );
  }

  function leaveAlone(
    state: RunState,
    pass: Analysis['dryRun'][number]['pass'],
    parameter: string,
    left: string[],
  ): HTMLElement {
    const { title, setting }: PassDescription = passDescriptions[pass];
    const before = state.stages[pass]?.settings ?? {};
    const value = Number(before[setting.name] ?? setting.default);
    const options: PassOptions = { ...before, except: [...left, parameter].join(',') };
    const said = `Leaves ${parameter} alone and runs ${title} with ${setting.name} ${value}`;
    const made = element(
      'button',
      {
        type: 'button',
        class: 'rung',
        'data-action': 'leaveAlone',
        'aria-label': said,
        title: said,
      },
      'Leave Alone and Run Again',
    );
    made.addEventListener('click', () => wishes.runPass(pass, value, options));
    return made;
  }

  return { element: root, draw };
}

function heat(cell: Sensitivity): HTMLElement {
  const { parameter, setting, bytesSaved, validation, baseline } = cell;
  const lost = lossText(validation, baseline);
  const saved = formatBytes(Math.round(bytesSaved));
  const made = element(
    'span',
    {
      class: 'heat',
      title: `${parameter} at ${setting}: ${lost} lost, ${saved} saved`,
      'data-lost': lossOf(validation, baseline),
    },
    element('span', {}, lost),
    element('span', {}, formatShortBytes(Math.round(bytesSaved))),
  );
  const most = baseline.error === undefined ? baseline.loss : hottest;
  const share = Math.min(1, Math.max(0, lossOf(validation, baseline) / most));
  made.style.setProperty('--heat', `${Math.round(60 * Math.sqrt(share))}%`);
  return made;
}

/** The layers that the pass was told to leave alone when it ran last. */
function leftAlone(state: RunState, pass: Analysis['dryRun'][number]['pass']): string[] {
  const except = state.stages[pass]?.settings.except;
  return typeof except === 'string' ? except.split(',').filter(Boolean) : [];
}
