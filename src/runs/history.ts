/** The one writer of events.jsonl: appends lines, in batches while a stage is busy, at once when it matters. */
import { closeSync, fstatSync, openSync, readSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { diskError } from './diskError';
import type { StampedEvent } from './events';

export interface History {
  append(events: StampedEvent[]): void;
  close(): void;
}

/** Opens a run's history for appending; a line that a kill has cut off is ended first. Throws a KolmoError when the disk refuses. */
export function openHistory(folder: string): History {
  const path = join(folder, 'events.jsonl');
  const guarded = <T>(action: () => T): T => {
    try {
      return action();
    } catch (error) {
      throw diskError(error, path);
    }
  };
  const file = guarded(() => {
    const opened = openSync(path, 'a+');
    if (endsInsideLine(opened)) writeSync(opened, '\n');
    return opened;
  });
  return {
    append: (events) =>
      guarded(() => {
        const bytes = Buffer.from(events.map((event) => `${JSON.stringify(event)}\n`).join(''));
        for (let done = 0; done < bytes.length;) done += writeSync(file, bytes, done);
      }),
    close: () => closeSync(file),
  };
}

function endsInsideLine(file: number): boolean {
  const { size } = fstatSync(file);
  const last = Buffer.alloc(1);
  return size > 0 && readSync(file, last, 0, 1, size - 1) === 1 && last[0] !== 0x0a;
}
