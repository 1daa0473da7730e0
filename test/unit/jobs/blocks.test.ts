import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { startJob } from '../../../src/jobs/job';
import type { FromWorker, ProgramRequest } from '../../../src/jobs/protocol';
import type { ProgramSummary } from '../../../src/jobs/programSteps';
import { assertStops, programRequest, worker } from '../../fixtures/programJob';
import { syntheticTable } from '../../fixtures/syntheticTable';
import { temporaryFolder } from '../../fixtures/temporaryFolder';

const request = (folder: string, threads: number): ProgramRequest =>
  programRequest(folder, { effort: 'fast', threads, blockBytes: 110_000 });

describe('a program in blocks', () => {
  it('has the same bytes on any number of threads, and all that is told of a whole file', async (t) => {
    const text = syntheticTable({ rows: 9000, target: 'grade' });
    const folder = temporaryFolder(t, { 'a.csv': text });
    const progress: { done: number; total: number }[] = [];
    const onMessage = (message: FromWorker): void => {
      if (message.type !== 'events') return;
      for (const event of message.events)
        if (event.type === 'progress' && event.note === 'Predicting 3 blocks') progress.push(event);
    };
    const [one, two] = await Promise.all(
      [1, 2].map((threads) => startJob(request(folder, threads), { worker, onMessage }).result),
    );
    const { program, verified, bytes, fields, curve, findings, baselines } = one as ProgramSummary;
    assert.ok(verified);
    assert.deepEqual(readFileSync(program), readFileSync((two as ProgramSummary).program));

    assert.ok(bytes.total < 0.9 * Math.min(baselines.xz ?? Infinity, baselines.brotli));
    assert.ok(findings.some(({ sentence }) => sentence.includes('coded in 3 blocks')));
    assert.deepEqual(
      fields.map(({ name }) => name),
      ['size', 'color', 'shape', 'made', 'grade'],
    );
    const sum = (values: number[]): number => values.reduce((a, b) => a + b, 0);
    assert.equal(sum(fields.map((field) => field.bytes)), text.length);
    assert.ok(Math.abs(sum(fields.map(({ bits }) => bits)) / 8 - bytes.residual) < 30);
    assert.equal(curve.bytes.at(-1), text.length);
    assert.ok(Math.abs((curve.bitsPerByte.at(-1)! * text.length) / 8 - bytes.residual) < 30);
    assert.ok(progress.length > 0 && progress.every(({ total }) => total === text.length));
  });

  it('leaves nothing behind when it is stopped, and stops at once', async (t) => {
    const folder = temporaryFolder(t, { 'a.csv': syntheticTable({ rows: 30_000 }) });
    await assertStops(request(folder, 2), ({ done }) => done > 0);
  });

  it('says so when the file becomes another one meanwhile', async (t) => {
    const folder = temporaryFolder(t, { 'a.csv': syntheticTable({ rows: 9000 }) });
    let changed = false;
    const job = startJob(request(folder, 2), {
      worker,
      onMessage(message) {
        if (message.type !== 'events' || changed) return;
        changed = message.events.some((event) => event.type === 'progress' && event.done > 0);
        if (changed) writeFileSync(join(folder, 'a.csv'), syntheticTable({ rows: 8000, seed: 2 }));
      },
    });
    await assert.rejects(job.result, {
      message: /was changed while its program was written|became shorter while it was read/,
    });
    assert.equal(existsSync(request(folder, 2).out), false);
  });
});
