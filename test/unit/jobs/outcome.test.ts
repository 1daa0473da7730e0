import assert from 'node:assert/strict';
import { join, resolve } from 'node:path';
import { describe, it } from 'node:test';
import { datasetDefaults } from '../../../src/core/data/dataset';
import { startJob, type JobError } from '../../../src/jobs/job';
import { outcomeOf, type Outcome } from '../../../src/jobs/outcome';
import type { TrainSummary } from '../../../src/jobs/train';
import { readEvents, readRecord } from '../../../src/runs/folder';
import type { CompressRequest, TrainRequest } from '../../../src/runs/runRequests';
import { syntheticTable } from '../../fixtures/syntheticTable';
import { temporaryFolder } from '../../fixtures/temporaryFolder';

const worker = resolve('out/dist/worker.js');

const outcomeIn = async (run: string): Promise<Outcome> =>
  outcomeOf(run, await readEvents(run), await readRecord(run).catch(() => undefined));

describe('the outcome that is read from a run', () => {
  it('is what its jobs answered with, one after the other', async (t) => {
    const folder = temporaryFolder(t, { 'table.csv': syntheticTable({ rows: 400 }) });
    const run = join(folder, '.kolmo', 'runs', 'one');
    const file = join(folder, 'table.csv');
    const train: TrainRequest = {
      type: 'train',
      dataset: file,
      data: datasetDefaults,
      architecture: 'auto',
      training: { epochs: 2, seed: 1 },
      run,
      threads: 1,
    };
    const { architecture, ended, metrics } = (await startJob(train, { worker })
      .result) as TrainSummary;
    const { test, validation } = metrics;
    assert.deepEqual(await outcomeIn(run), {
      type: 'trained',
      result: { architecture, ended, metrics: { test, validation } },
    });

    const compress: CompressRequest = {
      type: 'compress',
      run,
      passes: [
        { name: 'prune', options: { sparsity: 0.5 } },
        { name: 'share', options: { clusters: 8 } },
      ],
      fineTune: false,
      seed: 1,
      threads: 1,
    };
    const compressed = await startJob(compress, { worker }).result;
    assert.deepEqual(
      compressed.stages.map(({ name }) => name),
      ['prune', 'share'],
    );
    assert.deepEqual(await outcomeIn(run), { type: 'compressed', result: compressed });

    const out = join(run, 'table.csv.program.mjs');
    const program = await startJob(
      { type: 'program', file, out, effort: 'fast', ascii: false, threads: 1, run },
      { worker },
    ).result;
    assert.deepEqual(await outcomeIn(run), { type: 'program', result: program });

    const { verified, sha256 } = await startJob(
      { type: 'verify', program: out, file, run },
      { worker },
    ).result;
    assert.deepEqual(await outcomeIn(run), {
      type: 'verified',
      result: { file, verified, sha256 },
    });

    const analysis = { name: 'dryRun' } as const;
    await startJob({ type: 'analyse', run, analysis, threads: 1 }, { worker }).result;
    assert.deepEqual(await outcomeIn(run), { type: 'analysed' });
  });

  it('is what a stop left, or the sentence that nothing is left', async (t) => {
    const folder = temporaryFolder(t, {
      'table.csv': syntheticTable({ rows: 400, target: 'grade' }),
    });
    const run = join(folder, '.kolmo', 'runs', 'one');
    const train: TrainRequest = {
      type: 'train',
      dataset: join(folder, 'table.csv'),
      data: datasetDefaults,
      architecture: 'auto',
      training: { epochs: 100_000, patience: 0, seed: 1 },
      run,
      threads: 1,
    };
    const stopAt = (type: string) => {
      const job = startJob(train, {
        worker,
        onMessage: (message) => {
          if (message.type === 'events' && message.events.some((e) => e.type === type)) job.stop();
        },
      });
      return job.result;
    };
    const result = (await stopAt('point')) as TrainSummary;
    const outcome = await outcomeIn(run);
    assert.ok(outcome.type === 'trained');
    assert.deepEqual(
      [outcome.result.ended, outcome.result.metrics.test],
      ['stopped', result.metrics.test],
    );

    const compress: CompressRequest = {
      type: 'compress',
      run,
      passes: [{ name: 'distil', options: { epochs: 100_000 } }],
      fineTune: true,
      seed: 1,
      threads: 1,
    };
    const job = startJob(compress, {
      worker,
      onMessage: (message) => {
        if (message.type === 'events' && message.events.some((e) => e.type === 'point')) job.stop();
      },
    });
    const { message } = (await job.result.catch((error: unknown) => error)) as JobError;
    assert.deepEqual(await outcomeIn(run), { type: 'stopped', message });
  });

  it('is none where the process ended without a word', () => {
    const event = { type: 'stageStarted', stage: 'train', settings: {}, at: 1 } as const;
    assert.deepEqual(outcomeOf('/run', [event]), { type: 'gone' });
    assert.deepEqual(outcomeOf('/run', []), { type: 'gone' });
  });
});
