/** The Analysis tab: where the bytes are, what passes would save, what layers would cost, what was learned of the labels. */
import type { RunState } from '../../src/runs/state';
import { progressText } from '../../src/runs/units';
import type { Chart, ChartWishes } from '../chart';
import { button, element } from '../element';
import { createDryRun } from './dryRun';
import { createLabels } from './labels';
import { createLedger } from './ledger';
import { createSensitivity } from './sensitivity';

export function createAnalysis(wishes: ChartWishes): Chart {
  const parts = [
    createLedger(),
    createDryRun(wishes),
    createSensitivity(wishes),
    createLabels(wishes),
  ];
  const bar = element('progress', { 'aria-label': 'Progress of the analysis', max: 1, value: 0 });
  const note = element('span', { class: 'muted', 'aria-live': 'polite' });
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
  );

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
      const busy = analysis.running !== undefined || state.status === 'running' || !trusted;
      // A run does one thing at a time, and none in a workspace that is not trusted.
      for (const ask of root.querySelectorAll('vscode-button:not([data-action=cancelAnalysis])')) {
        ask.toggleAttribute('disabled', busy);
      }
      message.hidden = !analysis.message;
      message.textContent = analysis.message ?? '';
      for (const part of parts) part.draw(state, title, trusted);
    },
  };
}
