/** What a job tells: events stamped with the clock, into the history at once or in small batches, and on to the host. */
import type { RunEvent, StampedEvent } from '../runs/events';

export interface StreamOptions {
  /** Keeps events; throws a KolmoError when the disk refuses. */
  write: (events: StampedEvent[]) => void;
  /** Tells the host. */
  send: (events: StampedEvent[]) => void;
  /** Seconds since the Unix epoch. */
  now: () => number;
  /** Seconds between batches: 20 messages a second are all that a panel can draw. */
  interval?: number;
}

export interface EventStream {
  emit(event: RunEvent): void;
  /** Sends what is still held back. */
  flush(): void;
}

/**
 * Points and progress wait for the next batch; everything else goes out at once, after what waits.
 * Only progress is thinned out (the last one of a batch counts), and progress of a stage gets its rate and time left.
 */
export function createStream({ write, send, now, interval = 0.05 }: StreamOptions): EventStream {
  let waiting: StampedEvent[] = [];
  let sentAt = 0;
  const pace = createPace();
  const flush = (): void => {
    if (waiting.length === 0) return;
    const events = waiting;
    waiting = [];
    sentAt = now();
    // History first: what a panel has shown must be found again.
    write(events);
    send(events);
  };
  return {
    flush,
    emit(event) {
      const at = now();
      const stamped: StampedEvent = {
        ...(isProgress(event) ? { ...event, ...pace(event, at) } : event),
        at,
      };
      if (isProgress(stamped) && waiting.at(-1)?.type === stamped.type) waiting.pop();
      waiting.push(stamped);
      const hurries = event.type !== 'point' && !isProgress(event);
      if (hurries || at - sentAt >= interval) flush();
    },
  };
}

type Progress = Extract<RunEvent, { type: 'progress' | 'analysing' }>;

const isProgress = <E extends RunEvent>(event: E): event is E & Progress =>
  event.type === 'progress' || event.type === 'analysing';

/**
 * Time left, from the share done since this process began the stage: a resumed stage counts from where it went on,
 * and a step within a stage that counts from zero again from where it began.
 */
function createPace(): (event: Progress, at: number) => { secondsLeft?: number } {
  let start: { stage: string; done: number; at: number } | undefined;
  let reached = 0;
  return (event, at) => {
    const { done, total, secondsLeft } = event;
    const stage = event.type === 'progress' ? event.stage : event.analysis;
    if (secondsLeft !== undefined) return {};
    if (start?.stage !== stage || done < reached) start = { stage, done, at };
    reached = done;
    const elapsed = at - start.at;
    const moved = done - start.done;
    if (done >= total || moved <= 0 || elapsed < 1) return {};
    return { secondsLeft: (elapsed * (total - done)) / moved };
  };
}
