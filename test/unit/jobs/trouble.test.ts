import assert from 'node:assert/strict';
import { existsSync, mkdirSync, symlinkSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, it } from 'node:test';
import { datasetDefaults } from '../../../src/core/data/dataset';
import { startJob } from '../../../src/jobs/job';
import type { TrainRequest, TrainingOptions } from '../../../src/runs/runRequests';
import type { TrainSummary } from '../../../src/jobs/train';
import { readState } from '../../../src/runs/folder';
import { syntheticTable } from '../../fixtures/syntheticTable';
import { temporaryFolder } from '../../fixtures/temporaryFolder';

const worker = resolve('out/dist/worker.js');

const request = (folder: string, file: string, training: TrainingOptions = {}): TrainRequest => ({
  type: 'train',
  dataset: join(folder, file),
  data: datasetDefaults,
  architecture: 'auto',
  training: { epochs: 2, batchSize: 32, ...training },
  run: join(folder, '.kolmo', 'runs', 'trouble'),
  threads: 1,
});

describe('a train job in trouble', () => {
  it('names the setting to change when the learning rate diverges', async (t) => {
    const folder = temporaryFolder(t, { 'a.csv': syntheticTable({ rows: 400 }) });
    const diverging = request(folder, 'a.csv', { optimizer: 'sgd', learningRate: 1e30 });
    const sentence =
      /no longer a number at step \d+ \(epoch 1\): lower the learning rate, which is 1e\+30, or limit the gradient norm/;
    await assert.rejects(startJob(diverging, { worker }).result, {
      reason: 'refused',
      message: sentence,
    });
    const { status, message } = await readState(diverging.run);
    assert.equal(status, 'failed');
    assert.match(message!, sentence);
    assert.equal(existsSync(join(diverging.run, 'model.onnx')), false);
  });

  it(
    'says that the disk is full when a checkpoint finds no place, and goes on when there is some',
    { skip: !existsSync('/dev/full') && 'no /dev/full' },
    async (t) => {
      const folder = temporaryFolder(t, { 'a.csv': syntheticTable({ rows: 400 }) });
      const training = request(folder, 'a.csv');
      const checkpoint = join(training.run, 'checkpoint');
      mkdirSync(checkpoint, { recursive: true });
      const job = startJob(training, { worker });
      symlinkSync('/dev/full', join(checkpoint, `training.bin.${job.pid}.tmp`));
      await assert.rejects(job.result, {
        reason: 'broken',
        message:
          /^The disk is full: training\.bin could not be written to .*checkpoint\. Files written before are valid; free some space and run again\.$/,
      });
      assert.equal((await readState(training.run)).status, 'failed');
      await startJob(training, { worker }).result;
      assert.equal((await readState(training.run)).status, 'finished');
    },
  );

  it('counts a class that only the test rows have as wrong, and says so', async (t) => {
    const rows = Array.from({ length: 200 }, (_, i) => `${i},${i % 20 ? 'often' : `once${i}`}`);
    const folder = temporaryFolder(t, { 'a.csv': `x,y\n${rows.join('\n')}\n` });
    const training = request(folder, 'a.csv');
    const { metrics } = (await startJob(training, { worker }).result) as TrainSummary;
    const { truths, counts } = metrics.test!.confusion!;
    assert.equal(truths.at(-1), 'never in training');
    const strangers = counts.at(-1)!.reduce((sum, count) => sum + count, 0);
    assert.ok(strangers > 0);
    assert.ok(metrics.test!.error! >= strangers / 30);
    const { stages } = await readState(training.run);
    assert.ok(
      stages.preprocess!.result!.notes.includes(
        `${strangers} test rows have a class that never occurs in training; they count as wrong.`,
      ),
    );
  });

  it('takes text that is not UTF-8 as the bytes that it is, and says why it chose the model', async (t) => {
    const text = Buffer.from(
      'Un caf\xe9 tr\xe8s fort, s\xeel vous pla\xeet. '.repeat(60),
      'latin1',
    );
    const folder = temporaryFolder(t, { 'a.txt': text });
    const training = request(folder, 'a.txt', { epochs: 1 });
    const { architecture, metrics } = (await startJob(training, { worker }).result) as TrainSummary;
    assert.equal(architecture, 'next-symbol');
    assert.ok(metrics.test!.bitsPerByte! < 8);
    const { stages } = await readState(training.run);
    assert.equal(
      stages.train!.result!.notes[0],
      'Chose Next symbol (GRU), because the dataset is a sequence of bytes.',
    );
  });

  it('warns when a learning rate spoils a model without a loss that is no number', async (t) => {
    const folder = temporaryFolder(t, { 'a.txt': 'to be or not to be. '.repeat(60) });
    const training = request(folder, 'a.txt', { epochs: 1, learningRate: 1e30 });
    await startJob(training, { worker }).result;
    const { warnings } = await readState(training.run);
    assert.match(
      JSON.stringify(warnings),
      /worse than an answer without a model: .* bits per byte .* with another learning rate than 1e\+30/,
    );
  });
});
