/** Follows a run on disk: whoever writes events.jsonl (a job of this window, the CLI, a job that outlived a reload) is seen alike. */
import { open, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Disposable } from 'vscode';
import type { StampedEvent } from '../runs/events';
import { parseEvents } from '../runs/folder';

export interface RunFollower {
  /** Every event of the run so far in one batch, then each batch that is appended. */
  onEvents(events: StampedEvent[]): void;
  /** The file shrank: what was told before no longer holds, and all of it comes again. */
  onRestart(): void;
  /** Nothing was appended for a few seconds. */
  onQuiet(): void;
}

/** How often a file is asked for its length, in milliseconds: quick enough for a curve, free for a disk. */
const interval = 200;

/** Rounds without news after which a run is quiet. */
const quietRounds = 15;

/** Follows events.jsonl until disposed; a line that is not whole yet waits for its end. */
export function followRun(
  folder: string,
  { onEvents, onRestart, onQuiet }: RunFollower,
): Disposable {
  const file = join(folder, 'events.jsonl');
  let offset = 0;
  let rest = Buffer.alloc(0);
  let disposed = false;
  let quiet = 0;
  let timer: NodeJS.Timeout | undefined;

  async function poll(): Promise<void> {
    const length = await stat(file).then(
      ({ size }) => size,
      () => 0, // not written yet
    );
    if (length < offset) {
      offset = 0;
      rest = Buffer.alloc(0);
      onRestart();
    }
    quiet = length > offset ? 0 : quiet + 1;
    if (quiet === quietRounds && !disposed) onQuiet();
    if (length > offset && !disposed) {
      const bytes = await readRange(file, offset, length - offset);
      offset += bytes.length;
      const text = Buffer.concat([rest, bytes]);
      const end = text.lastIndexOf(0x0a) + 1;
      rest = text.subarray(end);
      const events = parseEvents(text.subarray(0, end).toString('utf8'));
      if (events.length > 0 && !disposed) onEvents(events);
    }
    if (!disposed) timer = setTimeout(again, interval);
  }
  const again = (): void =>
    void poll().catch(() => {
      // The folder may be renamed or removed while it is watched; the next round looks again.
      if (!disposed) timer = setTimeout(again, interval * 5);
    });
  again();
  return {
    dispose: () => {
      disposed = true;
      clearTimeout(timer);
    },
  };
}

async function readRange(file: string, offset: number, length: number): Promise<Buffer> {
  const handle = await open(file);
  try {
    const buffer = Buffer.alloc(length);
    const { bytesRead } = await handle.read(buffer, 0, length, offset);
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}
