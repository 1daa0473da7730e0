import assert from 'node:assert/strict';
import { appendFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { StampedEvent } from '../../../src/runs/events';
import { followRun } from '../../../src/views/followRun';
import { temporaryFolder } from '../../fixtures/temporaryFolder';
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
      onFault: assert.ifError,
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

  it('tells a fault of its listener once, and goes on', async (t) => {
    const own = temporaryFolder(t, { 'events.jsonl': '' });
    const events = recordedRun({ points: 50 });
    const faults: string[] = [];
    let batches = 0;
    let heard = (): void => {};
    const news = (): Promise<void> => new Promise((resolve) => (heard = resolve));
    const follower = followRun(own, {
      onEvents: () => {
        batches++;
        heard();
        throw new TypeError('x is undefined');
      },
      onRestart: () => {},
      onQuiet: () => {},
      onFault: ({ message }) => faults.push(message),
    });
    t.after(() => follower.dispose());
    for (const [i, event] of events.slice(0, 3).entries()) {
      const next = news();
      await appendFile(join(own, 'events.jsonl'), lines([event]));
      await next;
      assert.equal(batches, i + 1);
    }
    assert.deepEqual(faults, ['x is undefined']);
  });

  it('tells a long history piece by piece', async (t) => {
    const warning = (i: number): StampedEvent => ({
      type: 'warning',
      stage: 'train',
      message: `${i} ${'x'.repeat(1000)}`,
      at: i,
    });
    const events = Array.from({ length: 3000 }, (_, i) => warning(i));
    const own = temporaryFolder(t, { 'events.jsonl': lines(events) });
    const batches: StampedEvent[][] = [];
    await new Promise<void>((resolve) => {
      const follower = followRun(own, {
        onEvents: (batch) => {
          batches.push(batch);
          if (batch.at(-1)!.at === 2999) resolve();
        },
        onRestart: () => {},
        onQuiet: () => {},
        onFault: assert.ifError,
      });
      t.after(() => follower.dispose());
    });
    assert.deepEqual(batches.flat(), events);
    assert.ok(batches.length >= 3 && batches.every((batch) => lines(batch).length < 1_100_000));
  });

  it('says when the history cannot be read', async (t) => {
    const own = temporaryFolder(t, { 'events.jsonl/in': '' });
    const message = await new Promise<string>((resolve) => {
      const follower = followRun(own, {
        onEvents: () => {},
        onRestart: () => {},
        onQuiet: () => {},
        onFault: (error) => resolve(error.message),
      });
      t.after(() => follower.dispose());
    });
    assert.match(message, /events\.jsonl cannot be read \(EISDIR\)/);
  });
});
