/** A page that one message fills: the model editor, a sweep's chart, an image file's surprisal. */
import { element } from './element';
import './panel.css';

/**
 * Draws each message of the host anew; `body[data-ready]` tells tests that one has been drawn. What has the focus keeps
 * it where something with the same `data-focus` is drawn again, be it after a page that lacks it.
 */
export function drawMessages<Message>(page: (message: Message) => Node[]): void {
  const root = element('main', {});
  document.body.append(root);
  let focused: string | undefined;
  window.addEventListener('message', ({ data }: MessageEvent<Message>) => {
    const { activeElement } = document;
    if (activeElement && activeElement !== document.body) {
      focused = activeElement.closest<HTMLElement>('[data-focus]')?.dataset.focus;
    }
    root.replaceChildren(...page(data));
    // A control can be focused once it is drawn.
    requestAnimationFrame(() => {
      if (focused === undefined || document.activeElement !== document.body) return;
      const found = withFocusKey(root, focused);
      if (!found) return;
      found.focus();
      focused = undefined;
    });
    document.body.dataset.ready = 'true';
  });
  showErrors();
}

const withFocusKey = (root: HTMLElement, key: string): HTMLElement | null =>
  root.querySelector<HTMLElement>(`[data-focus="${CSS.escape(key)}"]`);

/** Leaves what goes wrong in a page in `body[data-error]`, where tests look for it. */
export function showErrors(): void {
  window.addEventListener('error', ({ message }) => (document.body.dataset.error = message));
  window.addEventListener(
    'unhandledrejection',
    ({ reason }) => (document.body.dataset.error = String(reason)),
  );
}

/** What stands in a page when there is nothing else to draw. */
export const failure = (message: string): HTMLElement =>
  element('p', { class: 'message', role: 'alert', 'data-status': 'failed' }, message);

/** Short facts in a row. */
export const facts = (words: string[]): HTMLElement =>
  element('div', { class: 'facts' }, ...words.map((word) => element('span', {}, word)));
