/** The dry run: what each pass would make of the model, setting by setting; a click runs the pass. */
import { passDescriptions } from '../../src/core/compress/descriptions';
import type { PassName } from '../../src/core/compress/pass';
import type { Rung } from '../../src/runs/events';
import type { RunState } from '../../src/runs/state';
import { formatBytes, formatShortBytes } from '../../src/runs/units';
import type { Chart, ChartWishes } from '../chart';
import { button, element } from '../element';
import { table } from '../table';

export function createDryRun(wishes: ChartWishes): Chart {
  const ask = button('Predict Bytes', { icon: 'beaker', secondary: true, action: 'dryRun' }, () =>
    wishes.analyse({ name: 'dryRun' }),
  );
  const body = element('div', {});
  const root = element(
    'section',
    { 'data-view': 'dry-run', 'data-passes': 0 },
    element('h2', {}, 'Dry run'),
    element(
      'p',
      { class: 'hint' },
      'What each pass would write, predicted from the weights as they are, without training. Choose a prediction to run it.',
    ),
    element('div', { class: 'row' }, ask),
    body,
  );
  let drawn: unknown;

  function draw(state: RunState): void {
    const { dryRun } = state.analysis;
    if (dryRun === drawn) return;
    drawn = dryRun;
    root.dataset.passes = String(dryRun.length);
    const sizes = dryRun.flatMap(({ rungs }) =>
      rungs.map((rung) => ('bytes' in rung ? rung.bytes : 0)),
    );
    const largest = Math.max(1, ...sizes);
    body.replaceChildren(
      ...(dryRun.length === 0
        ? []
        : [
            table(
              'ladders',
              'Predicted bytes of the packed file',
              [{ head: 'Pass' }, { head: 'Setting and bytes' }],
              dryRun.map(({ pass, rungs }) => ({
                attributes: { 'data-pass': pass },
                cells: [
                  passDescriptions[pass].title,
                  element(
                    'div',
                    { class: 'rungs' },
                    ...rungs.map((rung) => rungButton(pass, rung, largest)),
                  ),
                ],
              })),
            ),
          ]),
    );
  }

  function rungButton(pass: PassName, rung: Rung, largest: number): HTMLElement {
    const { title, setting } = passDescriptions[pass];
    const what = `${title}, ${setting.name} ${rung.setting}`;
    const fits = 'bytes' in rung;
    const said = fits ? `${formatBytes(rung.bytes)} predicted. Runs it` : rung.problem;
    const made = element(
      'button',
      {
        type: 'button',
        class: 'rung',
        'data-setting': rung.setting,
        'data-bytes': fits ? rung.bytes : undefined,
        'aria-label': `${what}: ${said}`,
        title: said,
        disabled: !fits,
      },
      element('span', { class: 'muted' }, String(rung.setting)),
      element('span', {}, fits ? formatShortBytes(rung.bytes) : 'does not fit'),
      element('span', { class: 'rung-bar', 'aria-hidden': 'true' }),
    );
    const bar = made.lastElementChild as HTMLElement;
    bar.style.width = `${fits ? (100 * rung.bytes) / largest : 0}%`;
    made.addEventListener('click', () => wishes.runPass(pass, rung.setting, {}));
    return made;
  }

  return { element: root, draw };
}
