import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { startJob } from '../../../src/jobs/job';
import type { TrainRequest } from '../../../src/runs/runRequests';
import type { FromWorker } from '../../../src/jobs/protocol';
import { datasetDefaults } from '../../../src/core/data/dataset';
import { readState } from '../../../src/runs/folder';
import { temporaryFolder } from '../../fixtures/temporaryFolder';

/** A worker that behaves as a line of JavaScript says; `start` is called with the request. */
function workerThat(t: TestContext, start: string): { worker: string; folder: string } {
  const folder = temporaryFolder(t);
  const worker = join(folder, 'worker.cjs');
  writeFileSync(
    worker,
    `const { writeFileSync } = require('node:fs');
     const send = (message, then) => process.send(message, then);
     process.on('message', (message) => {
       if (message.type === 'stop') return stop();
       const { run } = message.request;
       writeFileSync(run + '/events.jsonl', '{"type":"stageStarted","stage":"train","settings":{},"at":1}\\n');
       start(run);
     });
     const alive = setInterval(() => {}, 1000);
     const done = (result) => send({ type: 'done', result }, () => process.exit(0));
     let stop = () => {};
     ${start}`,
  );
  return { worker, folder };
}

const request = (run: string): TrainRequest => ({
  type: 'train',
  dataset: '/data.csv',
  data: datasetDefaults,
  architecture: 'auto',
  training: {
    epochs: 1,
    batchSize: 1,
    optimizer: 'adam',
    learningRate: 1,
    patience: 0,
    seed: 1,
  },
  run,
  threads: 1,
});

describe('startJob', () => {
  it('streams events and gives the result', async (t) => {
    const { worker, folder } = workerThat(
      t,
      `const start = () => { send({ type: 'events', events: [{ type: 'finished', at: 1 }] }); done({ bytes: 7 }); };`,
    );
    const messages: FromWorker[] = [];
    const job = startJob(request(folder), { worker, onMessage: (each) => messages.push(each) });
    assert.deepEqual(await job.result, { bytes: 7 });
    assert.deepEqual(
      messages.map((message) => message.type),
      ['events', 'done'],
    );
  });

  it('rejects with the sentence of a job that failed', async (t) => {
    const { worker, folder } = workerThat(
      t,
      `const start = () => send({ type: 'error', reason: 'refused', message: 'Line 3 is ragged.' }, () => process.exit(0));`,
    );
    await assert.rejects(startJob(request(folder), { worker }).result, {
      name: 'KolmoError',
      reason: 'refused',
      message: 'Line 3 is ragged.',
    });
  });

  it('writes into the history of a run whose process was killed, and says how to go on', async (t) => {
    const { worker, folder } = workerThat(
      t,
      `const start = () => process.kill(process.pid, 'SIGKILL');`,
    );
    mkdirSync(join(folder, 'checkpoint'));
    const messages: FromWorker[] = [];
    const job = startJob(request(folder), { worker, onMessage: (each) => messages.push(each) });
    await assert.rejects(job.result, {
      reason: 'broken',
      message:
        /The job process was killed \(SIGKILL\)\. Start the training again on this run to go on from its last checkpoint\./,
    });
    const state = await readState(folder);
    assert.equal(state.status, 'interrupted');
    assert.equal(state.stages.train?.status, 'interrupted');
    assert.deepEqual(
      messages.map((message) => message.type),
      ['events', 'error'],
    );
  });

  it('tells the last words of a process that crashed', async (t) => {
    const { worker, folder } = workerThat(
      t,
      `const start = () => { throw new RangeError('Array buffer allocation failed'); };`,
    );
    await assert.rejects(
      startJob(request(folder), { worker }).result,
      /ended unexpectedly \(exit code 1\); its last words: /,
    );
  });

  it('asks for a stop, and takes what the job kept', async (t) => {
    const { worker, folder } = workerThat(
      t,
      `const start = () => send({ type: 'events', events: [] }); stop = () => done('kept');`,
    );
    const job = startJob(request(folder), { worker, onMessage: () => job.stop() });
    assert.equal(await job.result, 'kept');
  });

  it('has nothing to wait for when it is asked to stop what has ended', async (t) => {
    const { worker, folder } = workerThat(t, `const start = () => done('kept');`);
    const job = startJob(request(folder), { worker });
    await job.result;
    const timers = (): number =>
      process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
    const before = timers();
    job.stop();
    assert.equal(timers(), before);
  });

  it('kills a job that does not listen', async (t) => {
    const { worker, folder } = workerThat(
      t,
      `const start = () => { send({ type: 'events', events: [] }); setTimeout(() => { for (;;); }, 10); };`,
    );
    const job = startJob(request(folder), {
      worker,
      patience: 100,
      onMessage: () => job.stop(),
    });
    await assert.rejects(job.result, /did not stop in time and was ended/);
  });

  it('says so when the worker cannot be found', async (t) => {
    const { folder } = workerThat(t, '');
    await assert.rejects(
      startJob(request(folder), { worker: join(folder, 'absent.js') }).result,
      /ended unexpectedly \(exit code 1\)/,
    );
  });
});
