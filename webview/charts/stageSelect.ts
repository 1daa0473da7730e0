/** Chooses the stage whose curves are shown; it is there as soon as there are two. */
import '@vscode-elements/elements/dist/vscode-option/index.js';
import '@vscode-elements/elements/dist/vscode-single-select/index.js';
import type { StageName } from '../../src/runs/events';
import { stageTitles } from '../../src/report/mermaid';
import { element } from '../element';

export interface StageSelect {
  element: HTMLElement;
  /** Shows the stages to choose from and gives the chosen one, or the last. */
  offer(stages: StageName[]): StageName | undefined;
}

export function createStageSelect(onChange: () => void): StageSelect {
  let wanted: StageName | undefined;
  const select = element('vscode-single-select', { 'aria-label': 'Stage' });
  const picker = element('label', { class: 'row', hidden: true }, 'Stage', select);
  select.addEventListener('change', () => {
    wanted = (select as HTMLElement & { value: string }).value as StageName;
    onChange();
  });
  return {
    element: picker,
    offer(stages) {
      const shown = wanted && stages.includes(wanted) ? wanted : stages.at(-1);
      picker.hidden = stages.length < 2;
      const key = `${stages.join()} ${shown ?? ''}`;
      if (select.dataset.key !== key) {
        select.dataset.key = key;
        select.replaceChildren(
          ...stages.map((name) =>
            element('vscode-option', { value: name, selected: name === shown }, stageTitles[name]),
          ),
        );
      }
      return shown;
    },
  };
}
