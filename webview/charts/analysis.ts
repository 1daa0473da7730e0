/** The Analysis tab: where the bytes are, what passes would save, what layers would cost, what was learned of the labels. */
import type { AnalyseRequest } from '../../src/runs/runRequests';
import type { RunState } from '../../src/runs/state';
import { progressText } from '../../src/runs/units';
import type { Chart, ChartWishes } from '../chart';
import { button, element } from '../element';
import { createDryRun } from './dryRun';
import { createLabels } from './labels';
import { createLedger } from './ledger';
import { createSensitivity } from './sensitivity';

/** What each analysis is called while it runs. */
const titles: Record<AnalyseRequest['analysis']['name'], string> = {
  dryRun: 'Predicting bytes',
  sensitivity: 'Mapping layers',
  prequential: 'Coding labels',
};

/** What starts a job: a run does one thing at a time, and none in a workspace that is not trusted. */
const starters =
  'vscode-button:not([data-action=cancelAnalysis]), .rung[data-bytes], [data-action=leaveAlone]';

export function createAnalysis(wishes: ChartWishes): Chart {
  const parts = [
    createLedger(),
    createDryRun(wishes),
    createSensitivity(wishes),
    createLabels(wishes),
  ];
  const bar = element('progress', { 'aria-label': 'Progress of the analysis', max: 1, value: 0 });
  const note = element('span', { class: 'muted' });
  const live = element('p', { class: 'visually-hidden', 'aria-live': 'polite' });
  const running = element(
    'div',
    { class: 'analysing', hidden: true },
    bar,
    element(
      'div',
      { class: 'row' },
      note,
      button('Cancel', { icon: 'debug-stop', secondary: true, action: 'cancelAnalysis' }, () =>
        wishes.stop(),
      ),
    ),
  );
  const message = element('p', { class: 'message', role: 'alert', hidden: true });
  const root = element(
    'section',
    { 'data-view': 'analysis' },
    message,
    ...parts.map((part) => part.element),
    running,
    live,
  );
  // Disabled, a native button would lose the focus.
  root.addEventListener(
    'click',
    (event) => {
      if ((event.target as Element).closest('[aria-disabled=true]')) event.stopPropagation();
    },
    { capture: true },
  );
  let said: keyof typeof titles | undefined;

  return {
    element: root,
    draw(state: RunState, title, trusted) {
      const { analysis } = state;
      root.dataset.running = analysis.running?.analysis ?? '';
      running.hidden = analysis.running === undefined;
      if (analysis.running) {
        const { done, total } = analysis.running;
        bar.setAttribute('value', String(total > 0 ? done / total : 0));
        note.textContent = progressText(analysis.running);
      }
      // Screen readers hear of beginnings and ends, not of every step.
      const name = analysis.running?.analysis;
      if (name !== said) live.textContent = name ? titles[name] : `${titles[said!]} has ended`;
      said = name;
      message.hidden = !analysis.message;
      message.textContent = analysis.message ?? '';
      for (const part of parts) part.draw(state, title, trusted);
      const busy = analysis.running !== undefined || state.status === 'running' || !trusted;
      for (const starter of root.querySelectorAll(starters)) {
        if (starter instanceof HTMLButtonElement) starter.ariaDisabled = String(busy);
        else starter.toggleAttribute('disabled', busy);
      }
    },
  };
}
