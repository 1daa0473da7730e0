/** What a model draws after each epoch: a slider goes through the pictures and stays at the newest until it is moved. */
import type { RunTitle } from '../../src/views/panelMessages';
import { isAdversarial, type RunState } from '../../src/runs/state';
import { element } from '../element';

/** A part of a chart, which hides where the model draws nothing. */
export interface Epochs {
  element: HTMLElement;
  draw(state: RunState, title: RunTitle): void;
}

export function createEpochs(): Epochs {
  const picture = element('img', { class: 'drawn' });
  const slider = element('input', { type: 'range', min: 0, value: 0, 'aria-label': 'Epoch' });
  const label = element('output', { class: 'muted' });
  const what = element('span', {});
  const root = element(
    'figure',
    { class: 'epochs', 'data-view': 'epochs', hidden: true },
    element('figcaption', {}, what, label),
    element('label', { class: 'row' }, 'Epoch', slider),
    picture,
  );
  let wanted: number | undefined;
  let last: [RunState, RunTitle] | undefined;
  slider.addEventListener('input', () => {
    const at = Number(slider.value);
    // At its end the slider follows the training again.
    wanted = at < Number(slider.max) ? at : undefined;
    if (last) draw(...last);
  });

  function draw(state: RunState, title: RunTitle): void {
    last = [state, title];
    const { train } = state.stages;
    const samples = train?.samples ?? [];
    what.textContent =
      train && isAdversarial(train.training)
        ? 'What the model draws'
        : 'Examples, and below each what the model draws of it';
    root.hidden = samples.length === 0 || title.files === undefined;
    root.dataset.epochs = String(samples.length);
    if (root.hidden) return;
    const at = Math.min(wanted ?? Infinity, samples.length - 1);
    const { epoch, file } = samples[at];
    if (root.dataset.epoch === String(epoch) && slider.max === String(samples.length - 1)) return;
    root.dataset.epoch = String(epoch);
    slider.max = String(samples.length - 1);
    slider.value = String(at);
    slider.disabled = samples.length < 2;
    label.textContent = `epoch ${epoch} of ${samples.at(-1)!.epoch}`;
    slider.setAttribute('aria-valuetext', label.textContent);
    picture.alt = `A grid of images that the model draws after epoch ${epoch}`;
    picture.src = `${title.files}/${file}`;
  }

  return { element: root, draw };
}
