import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { stopRun } from '../../../src/jobs/job';
import { beginOf, isStopUnheard, lockRun, requestStop, runOwner } from '../../../src/runs/lock';
import { temporaryFolder } from '../../fixtures/temporaryFolder';

/** The mark of a process that lives and is not this one. */
const another = JSON.stringify({ pid: process.ppid, began: beginOf(process.ppid) });

describe('lockRun', () => {
  it('marks the run while a job works on it', (t) => {
    const folder = temporaryFolder(t);
    assert.equal(runOwner(folder), undefined);
    const unlock = lockRun(folder);
    assert.equal(runOwner(folder), process.pid);
    unlock();
    assert.equal(runOwner(folder), undefined);
    assert.deepEqual(readdirSync(folder), []);
  });

  it('refuses a run that a living process works on, whose mark stays', (t) => {
    const folder = temporaryFolder(t, { 'job.json': another });
    assert.throws(() => lockRun(folder), /Another job \(process \d+\) works on/);
    assert.equal(readFileSync(join(folder, 'job.json'), 'utf8'), another);
    assert.deepEqual(readdirSync(folder), ['job.json']);
  });

  for (const [who, mark] of [
    ['a process that has died', JSON.stringify({ pid: 2 ** 22 + 5 })],
    ['one that was cut off while it marked the run', '{"pid":'],
  ]) {
    it(`takes over from ${who}`, (t) => {
      const folder = temporaryFolder(t, { 'job.json': mark });
      lockRun(folder)();
      assert.deepEqual(readdirSync(folder), []);
    });
  }
});

describe('runOwner', () => {
  for (const pid of [-1, 0, 1, 1.5, NaN, String(process.ppid), null]) {
    it(`takes ${JSON.stringify(pid)} for no process`, (t) => {
      const folder = temporaryFolder(t, { 'job.json': JSON.stringify({ pid }) });
      assert.equal(runOwner(folder), undefined);
      assert.equal(requestStop(folder), false);
    });
  }

  it(
    'takes a process that was given the id of a dead one for another',
    { skip: process.platform !== 'linux' && 'the system does not say when a process began' },
    (t) => {
      const folder = temporaryFolder(t);
      for (const mark of [{ pid: process.ppid }, { pid: process.ppid, began: '1' }]) {
        writeFileSync(join(folder, 'job.json'), JSON.stringify(mark));
        assert.equal(runOwner(folder), undefined);
      }
    },
  );
});

describe('a stop through the folder', () => {
  it('is heard once by the job that works on it', async (t) => {
    const folder = temporaryFolder(t);
    let stops = 0;
    const heard = new Promise<void>((resolve) => {
      t.after(
        lockRun(folder, () => {
          stops++;
          resolve();
        }),
      );
    });
    assert.equal(requestStop(folder), true);
    assert.equal(isStopUnheard(folder), true);
    const waiting = setTimeout(() => {}, 10_000);
    await heard;
    clearTimeout(waiting);
    assert.equal(isStopUnheard(folder), false);
    assert.equal(stops, 1);
  });

  it('signals nobody, and says which process has not heard it', async (t) => {
    const folder = temporaryFolder(t, { 'job.json': another });
    t.mock.method(process, 'kill', (_: number, signal: unknown) => {
      assert.equal(signal, 0);
      return true;
    });
    const waiting = setTimeout(() => {}, 10_000);
    const sentence = await new Promise<string>((resolve) => {
      assert.equal(stopRun(folder, resolve, { patience: 10 }), true);
    });
    clearTimeout(waiting);
    assert.match(
      sentence,
      new RegExp(`\\(process ${process.ppid}\\) has not heard the wish to stop`),
    );
    assert.equal(existsSync(join(folder, 'job.stop')), true);
  });

  it('of an earlier job is not heard by the next', (t) => {
    const folder = temporaryFolder(t, { 'job.stop': '' });
    t.after(lockRun(folder, () => {}));
    assert.equal(existsSync(join(folder, 'job.stop')), false);
  });
});
