/** A progress bar on a terminal; on anything else one line a stage. Always on stderr: stdout is for results. */
import { eventLine } from '../report/eventLine';
import { stageTitles } from '../report/mermaid';
import type { StampedEvent } from '../runs/events';
import type { RunState } from '../runs/state';
import { formatCount } from '../core/count';
import { formatSeconds } from '../runs/units';

export interface ProgressOptions {
  quiet: boolean;
  stream: Pick<NodeJS.WriteStream, 'write' | 'isTTY' | 'columns'>;
}

export interface Progress {
  show(events: StampedEvent[], state: RunState): void;
  /** A sentence that stays. */
  note(sentence: string): void;
  /** Takes the bar away. */
  end(): void;
}

const barWidth = 24;

export function createProgress({ quiet, stream }: ProgressOptions): Progress {
  let drawn = false;
  const clear = (): void => {
    if (drawn) stream.write('\r\x1b[2K');
    drawn = false;
  };
  const note = (sentence: string): void => {
    if (quiet) return;
    clear();
    stream.write(`${sentence}\n`);
  };
  return {
    note,
    end: clear,
    show(events, state) {
      for (const event of events) {
        const line = eventLine(event);
        if (line !== undefined) note(line);
      }
      if (quiet || !stream.isTTY) return;
      const bar = barOf(state);
      if (bar === undefined) return;
      clear();
      stream.write(bar.slice(0, (stream.columns ?? 80) - 1));
      drawn = true;
    },
  };
}

/** `Train [######------]  50 % Epoch 3 of 6, loss 0.051, 85,000 examples/s, 12 s left` */
export function barOf({ current, progress, stages }: RunState): string | undefined {
  if (!current || !progress) return undefined;
  const { done, total, note, examplesPerSecond, secondsLeft } = progress;
  const share = total > 0 ? Math.min(1, done / total) : 0;
  const full = Math.round(share * barWidth);
  const loss = stages[current]?.training.loss.at(-1);
  const facts = [
    note,
    loss !== undefined && `loss ${loss.toPrecision(3)}`,
    examplesPerSecond !== undefined && `${formatCount(examplesPerSecond)} examples/s`,
    secondsLeft !== undefined && `${formatSeconds(secondsLeft)} left`,
  ].filter(Boolean);
  const bar = `${'#'.repeat(full)}${'-'.repeat(barWidth - full)}`;
  const percent = total > 0 ? ` ${String(Math.round(100 * share)).padStart(3)} %` : '';
  return `${stageTitles[current]} [${bar}]${percent} ${facts.join(', ')}`;
}
