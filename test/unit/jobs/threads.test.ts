import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { startJob } from '../../../src/jobs/job';
import type { FromWorker, ProgramRequest } from '../../../src/jobs/protocol';
import { assertStops, programRequest, worker } from '../../fixtures/programJob';
import { syntheticTable } from '../../fixtures/syntheticTable';
import { temporaryFolder } from '../../fixtures/temporaryFolder';

const request = (folder: string, threads: number): ProgramRequest =>
  programRequest(folder, { effort: 'balanced', threads });

describe('a program whose contexts are tried on threads', () => {
  it('has the same bytes on any number of threads, and never goes back on how far it is', async (t) => {
    const folder = temporaryFolder(t, { 'a.csv': syntheticTable({ rows: 200, target: 'grade' }) });
    const programs: Buffer[] = [];
    for (const threads of [1, 2, 5]) {
      const shares: number[] = [];
      const onMessage = (message: FromWorker): void => {
        if (message.type !== 'events') return;
        for (const event of message.events)
          if (event.type === 'progress') shares.push(event.done / event.total);
      };
      const asked = request(folder, threads);
      await startJob(asked, { worker, onMessage }).result;
      programs.push(readFileSync(asked.out));
      assert.ok(shares.length > 0);
      assert.deepEqual(
        shares,
        shares.toSorted((a, b) => a - b),
      );
    }
    assert.deepEqual(programs[1], programs[0]);
    assert.deepEqual(programs[2], programs[0]);
  });

  it('stops at once while they are tried, and leaves nothing behind', async (t) => {
    const folder = temporaryFolder(t, { 'a.csv': syntheticTable({ rows: 9000 }) });
    await assertStops(request(folder, 3), ({ note }) => note === 'Weighing contexts');
  });
});
