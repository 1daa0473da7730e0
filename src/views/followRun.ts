/** Follows a run on disk: whoever writes events.jsonl (a job of this window, the CLI, a job that outlived a reload) is seen alike. */
import { open, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Disposable } from 'vscode';
import { readError } from '../core/error';
import type { StampedEvent } from '../runs/events';
import { parseEvents } from '../runs/folder';

export interface RunFollower {
  /** Every event of the run so far, in as many batches as it takes to read them, then each batch that is appended. */
  onEvents(events: StampedEvent[]): void;
  /** The file shrank: what was told before no longer holds, and all of it comes again. */
  onRestart(): void;
  /** Nothing was appended for a few seconds. */
  onQuiet(): void;
  /** The history could not be read, or one of the above failed; following goes on, and the same again is not told again. */
  onFault(error: Error): void;
}

/** How often a file is asked for its length, in milliseconds: quick enough for a curve, free for a disk. */
const interval = 200;

/** Rounds without news after which a run is quiet. */
const quietRounds = 15;

/** Bytes that are read and told at once, so that a long history leaves the host room in between. */
const mostBytes = 1 << 20;

/** Follows events.jsonl until disposed; a line that is not whole yet waits for its end. */
export function followRun(
  folder: string,
  { onEvents, onRestart, onQuiet, onFault }: RunFollower,
): Disposable {
  const file = join(folder, 'events.jsonl');
  let offset = 0;
  let rest = Buffer.alloc(0);
  let disposed = false;
  let quiet = 0;
  let fault = '';
  let timer: NodeJS.Timeout | undefined;

  const tellFault = (error: Error): void => {
    if (error.message !== fault) onFault(error);
    fault = error.message;
  };
  const tell = (callback: () => void): void => {
    if (disposed) return;
    try {
      callback();
    } catch (error) {
      tellFault(error as Error);
    }
  };
  /** The folder may be renamed or removed while it is watched: the next round looks again. */
  const unlessGone = <Found>(looking: Promise<Found>, otherwise: Found): Promise<Found> =>
    looking.catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT' && !disposed) tellFault(readError(error, file));
      return otherwise;
    });

  async function poll(): Promise<void> {
    const { size: length } = await unlessGone<{ size: number }>(stat(file), { size: 0 });
    if (length < offset) {
      offset = 0;
      rest = Buffer.alloc(0);
      tell(onRestart);
    }
    quiet = length > offset ? 0 : quiet + 1;
    if (quiet === quietRounds) tell(onQuiet);
    while (length > offset && !disposed) {
      const wanted = Math.min(length - offset, mostBytes);
      const bytes = await unlessGone(readRange(file, offset, wanted), Buffer.alloc(0));
      if (bytes.length === 0) break;
      offset += bytes.length;
      const text = Buffer.concat([rest, bytes]);
      const end = text.lastIndexOf(0x0a) + 1;
      rest = text.subarray(end);
      const events = parseEvents(text.subarray(0, end).toString('utf8'));
      if (events.length > 0) tell(() => onEvents(events));
    }
    if (!disposed) timer = setTimeout(() => void poll(), interval);
  }
  void poll();
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
