import assert from 'node:assert/strict';
import { appendFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { StampedEvent } from '../../../src/runs/events';
import { followRun } from '../../../src/views/followRun';
import { recordedRun } from './recordedRun';

describe('followRun', () => {
  let folder = '';
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'kolmo-follow-'));
  });
  after(() => rm(folder, { recursive: true, force: true }));
  const lines = (events: StampedEvent[]): string =>
    events.map((event) => `${JSON.stringify(event)}\n`).join('');

  it('gives a late follower everything, then what is appended, and starts again when the file does', async () => {
    const file = join(folder, 'events.jsonl');
    const events = recordedRun({ points: 50 });
    const told: StampedEvent[] = [];
    let restarts = 0;
    let heard = (): void => {};
    const news = (): Promise<void> => new Promise((resolve) => (heard = resolve));
    await writeFile(file, lines(events.slice(0, 20)));
    let next = news();
    const follower = followRun(folder, {
      onEvents: (batch) => {
        told.push(...batch);
        heard();
      },
      onRestart: () => {
        restarts++;
        told.length = 0;
      },
      onQuiet: () => {},
    });
    try {
      await next;
      assert.deepEqual(told, events.slice(0, 20));

      // A line that is cut by the writer's buffer is told when it is whole.
      const rest = lines(events.slice(20));
      next = news();
      await appendFile(file, rest.slice(0, rest.length - 7));
      await next;
      assert.equal(told.length, events.length - 1);
      next = news();
      await appendFile(file, rest.slice(-7));
      await next;
      assert.deepEqual(told, events);

      next = news();
      await writeFile(file, lines(events.slice(0, 3)));
      await next;
      assert.equal(restarts, 1);
      assert.deepEqual(told, events.slice(0, 3));
    } finally {
      follower.dispose();
    }
  });
});
