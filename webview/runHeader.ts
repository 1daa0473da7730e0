/** The top of the run panel: what runs, how far it is, what went wrong, and what can be done next. */
import '@vscode-elements/elements/dist/vscode-button/index.js';
import '@vscode-elements/elements/dist/vscode-icon/index.js';
import type { FromPanel, RunTitle } from '../src/views/panelMessages';
import {
  canResume,
  isAdversarial,
  onlyProgram,
  unwrittenSource,
  type RunState,
} from '../src/runs/state';
import { statusLooks } from '../src/runs/status';
import { formatCount } from '../src/core/count';
import { formatSeconds } from '../src/runs/units';
import { stageTitles } from '../src/report/mermaid';
import { button, element } from './element';

export interface RunHeader {
  element: HTMLElement;
  draw(state: RunState, title: RunTitle, trusted: boolean): void;
}

export function createRunHeader(send: (wish: FromPanel) => void): RunHeader {
  const heading = element('h1', {});
  const icon = element('vscode-icon', { size: 14, 'aria-hidden': 'true' });
  const word = element('span', {});
  const badge = element('span', { class: 'badge', 'data-view': 'status' }, icon, word);
  const stats = element('p', { class: 'stats', 'data-view': 'stats' });
  const bar = element('progress', { 'aria-label': 'Progress', max: 1, value: 0 });
  const actions = element('div', { class: 'row actions', 'data-view': 'actions' });
  const message = element('p', { class: 'message', role: 'alert', hidden: true });
  const live = element('p', { class: 'visually-hidden', 'aria-live': 'polite' });
  const warningList = element('ul', {});
  const warnings = element(
    'details',
    { class: 'warnings', 'data-view': 'warnings', hidden: true },
    element('summary', {}),
    warningList,
  );
  const root = element(
    'header',
    {},
    element('div', { class: 'row title' }, heading, badge),
    stats,
    bar,
    message,
    actions,
    warnings,
    live,
  );
  let offered = '';
  let said = '';
  /** Stop was clicked, and the run has not ended yet. */
  let stopping = false;
  let redraw = (): void => {};

  function draw(state: RunState, title: RunTitle, trusted: boolean): void {
    redraw = () => draw(state, title, trusted);
    const { file } = state.stages.program?.settings ?? {};
    const words =
      onlyProgram(state) && file ? [file, 'program'] : [title.dataset, title.architecture];
    heading.textContent = words.filter(Boolean).join(' · ');
    heading.title = title.name;
    stopping &&= state.status === 'running';
    const look = statusLooks[state.status];
    icon.setAttribute('name', look.icon);
    word.textContent = look.word;
    badge.dataset.status = state.status;
    badge.style.setProperty('--status', `var(--vscode-${look.color.replace('.', '-')})`);
    stats.textContent = statLine(state, stopping);
    const progress = stopping ? undefined : state.progress;
    // It keeps its place when it is not seen, so that nothing jumps when the run ends.
    bar.toggleAttribute('data-idle', state.status !== 'running');
    // What has not moved yet may not be able to tell how far it is.
    if (progress && progress.total > 0 && progress.done > 0)
      bar.setAttribute('value', String(progress.done / progress.total));
    else bar.removeAttribute('value');
    message.hidden = !state.message;
    message.textContent = state.message ?? '';
    message.dataset.status = state.status;
    // Screen readers hear changes of stage and status, not every batch.
    const news = [
      stopping ? 'Stopping' : look.word,
      state.current ? stageTitles[state.current] : '',
      state.message ?? '',
    ].join(' ');
    if (news !== said) live.textContent = said = news;
    drawWarnings(state.warnings);
    const train = state.stages.train?.training;
    // What a generator draws is one thing, whatever it learned from.
    offer(state, trusted, !title.ofFolder || (train !== undefined && isAdversarial(train)));
  }

  function drawWarnings(sentences: string[]): void {
    if (warnings.dataset.count === String(sentences.length)) return;
    warnings.dataset.count = String(sentences.length);
    warnings.hidden = sentences.length === 0;
    warnings.querySelector('summary')!.textContent =
      sentences.length === 1 ? '1 warning' : `${sentences.length} warnings`;
    warningList.replaceChildren(...sentences.map((sentence) => element('li', {}, sentence)));
  }

  /** Buttons are rebuilt only when the offer changes, so that the focus stays where it is. */
  function offer(state: RunState, trusted: boolean, hasProgram: boolean): void {
    const trained = state.stages.train?.status === 'finished';
    const training = state.stages.train !== undefined;
    const key = [
      state.status,
      trained,
      training,
      onlyProgram(state),
      unwrittenSource(state),
      canResume(state),
      trusted,
      hasProgram,
    ].join();
    if (key === offered) return;
    offered = key;
    const made: HTMLElement[] = [];
    if (state.status === 'running') {
      const stop = button('Stop', { icon: 'debug-stop', action: 'stop' }, () => {
        if (stopping) return;
        stopping = true;
        stop.textContent = 'Stopping…';
        // Disabled, it would lose the focus.
        stop.setAttribute('secondary', '');
        stop.setAttribute('aria-disabled', 'true');
        redraw();
        send({ type: 'stop' });
      });
      made.push(stop);
    } else if (trusted && unwrittenSource(state) !== undefined) {
      made.push(
        button('Try Again', { icon: 'play', action: 'program' }, () => send({ type: 'program' })),
      );
    } else if (trusted && !onlyProgram(state)) {
      if (canResume(state)) {
        made.push(
          button(training ? 'Resume' : 'Try Again', { icon: 'play', action: 'resume' }, () =>
            send({ type: 'resume' }),
          ),
        );
      }
      if (trained || state.status === 'stopped') {
        made.push(
          button(
            'Compress Model…',
            { icon: 'archive', secondary: canResume(state), action: 'compress' },
            () => send({ type: 'compress' }),
          ),
          button('Run One Pass…', { secondary: true, action: 'pass' }, () =>
            send({ type: 'pass' }),
          ),
        );
        if (hasProgram) {
          made.push(
            button('Generate Program…', { secondary: true, action: 'program' }, () =>
              send({ type: 'program' }),
            ),
          );
        }
      }
    } else if (!trusted) {
      made.push(
        element(
          'p',
          { class: 'hint' },
          'This workspace is not trusted, so nothing can be run in it; looking works.',
        ),
        button('Manage Workspace Trust', { icon: 'shield', secondary: true, action: 'trust' }, () =>
          send({ type: 'trust' }),
        ),
      );
    }
    if (trained) {
      made.push(
        button('Show Report', { icon: 'file-text', secondary: true, action: 'report' }, () =>
          send({ type: 'report' }),
        ),
        button('Save as Pipeline…', { icon: 'save', secondary: true, action: 'savePipeline' }, () =>
          send({ type: 'savePipeline' }),
        ),
      );
    }
    if (training && trusted) {
      made.push(
        button(
          'Open in TensorBoard',
          { icon: 'graph', secondary: true, action: 'tensorboard' },
          () => send({ type: 'tensorboard' }),
        ),
      );
    }
    // Whoever has pressed a button goes on from where it was; a new one can be focused once it is drawn.
    const focused = actions.contains(document.activeElement);
    actions.replaceChildren(...made);
    if (focused) requestAnimationFrame(() => made[0]?.focus());
  }

  return { element: root, draw };
}

/** `Train · epoch 3 of 10 · 85,000 examples/s · 12 s left`, or what the whole run took. */
function statLine(state: RunState, stopping: boolean): string {
  const { progress, current } = state;
  const parts: string[] = [];
  if (stopping) {
    parts.push('Stopping', progress?.note ?? '');
  } else if (state.status === 'running') {
    parts.push(current ? stageTitles[current] : 'Starting');
    if (progress?.note) parts.push(progress.note);
    if (progress?.examplesPerSecond) {
      parts.push(`${formatCount(progress.examplesPerSecond)} examples/s`);
    }
    if (progress?.secondsLeft !== undefined)
      parts.push(`${formatSeconds(progress.secondsLeft)} left`);
  } else {
    const results = Object.values(state.stages).flatMap(({ result }) => result ?? []);
    if (results.length > 0) {
      const seconds = results.reduce((sum, result) => sum + result.seconds, 0);
      parts.push(
        results.length === 1 ? '1 stage' : `${results.length} stages`,
        formatSeconds(seconds),
      );
    }
  }
  return parts.filter(Boolean).join(' · ');
}
