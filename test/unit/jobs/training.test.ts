import assert from 'node:assert/strict';
import { existsSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { datasetDefaults } from '../../../src/core/data/dataset';
import { decodeCheckpoint } from '../../../src/core/train/checkpoint';
import type { CompressSummary } from '../../../src/jobs/compressSummary';
import { startJob, stopRun, type Job } from '../../../src/jobs/job';
import type { CompressRequest, TrainRequest } from '../../../src/runs/runRequests';
import type { FromWorker, JobRequest } from '../../../src/jobs/protocol';
import type { TrainSummary } from '../../../src/jobs/train';
import type { DatasetDescription } from '../../../src/jobs/protocol';
import { readRecord, readState } from '../../../src/runs/folder';
import { formatBytes } from '../../../src/runs/units';
import { syntheticIdx } from '../../fixtures/syntheticIdx';
import { syntheticTable } from '../../fixtures/syntheticTable';
import { temporaryFolder } from '../../fixtures/temporaryFolder';

const worker = resolve('out/dist/worker.js');

function images(test: TestContext, side = 8, count = 900): string {
  const { images, labels } = syntheticIdx({ count, side });
  return temporaryFolder(test, {
    'train-images-idx3-ubyte': images,
    'train-labels-idx1-ubyte': labels,
  });
}

const trainRequest = (folder: string, run: string, epochs = 8): TrainRequest => ({
  type: 'train',
  dataset: join(folder, 'train-images-idx3-ubyte'),
  data: datasetDefaults,
  architecture: 'lenet-300-100',
  training: { epochs, batchSize: 32, patience: 0, seed: 5 },
  run: join(folder, '.kolmo', 'runs', run),
  threads: 1,
});

/** Runs a job and calls `react` once, when its history holds `wanted` points of validation. */
function reactingJob(request: JobRequest, wanted: number, react: (job: Job) => void): Job {
  let seen = 0;
  const job = startJob(request, {
    worker,
    onMessage(message: FromWorker) {
      if (message.type !== 'events') return;
      for (const event of message.events) {
        if (event.type === 'point' && event.split === 'validation' && ++seen === wanted) react(job);
      }
    },
  });
  return job;
}

const model = (request: TrainRequest): Buffer => readFileSync(join(request.run, 'model.onnx'));

describe('a train job', () => {
  it('killed in the middle says so, and goes on to the same model as an uninterrupted one', async (t) => {
    const folder = images(t);
    const whole = trainRequest(folder, 'whole', 60);
    await startJob(whole, { worker }).result;

    const broken = trainRequest(folder, 'broken', 60);
    const job = reactingJob(broken, 3, ({ pid }) => process.kill(pid!, 'SIGKILL'));
    await assert.rejects(job.result, /was killed \(SIGKILL\).*go on from its last checkpoint/);
    assert.equal((await readState(broken.run)).status, 'interrupted');
    assert.equal(existsSync(join(broken.run, 'model.onnx')), false);

    await startJob(broken, { worker }).result;
    const state = await readState(broken.run);
    assert.equal(state.status, 'finished');
    assert.deepEqual(model(broken), model(whole));
    const steps = state.stages.train!.validation.step;
    assert.deepEqual(steps, (await readState(whole.run)).stages.train!.validation.step);
    assert.equal(existsSync(join(broken.run, 'checkpoint')), false);
  });

  it('stopped keeps the model so far', async (t) => {
    const request = trainRequest(images(t), 'stopped', 10_000);
    const summary = (await reactingJob(request, 2, (job) => job.stop()).result) as TrainSummary;
    assert.equal(summary.ended, 'stopped');
    assert.ok(summary.epochs >= 2 && summary.epochs < 10_000);
    const state = await readState(request.run);
    assert.equal(state.status, 'stopped');
    assert.equal(state.stages.train!.status, 'finished');
    assert.ok(model(request).length > 1000);
    // However short it was before the stop that one was kept on the disk.
    const kept = readFileSync(join(request.run, 'checkpoint', 'training.bin'));
    assert.equal(decodeCheckpoint(new Uint8Array(kept)).epoch, summary.epochs);
    // Who stops does not wait for more figures than the errors, and the packed file has the same ones.
    const [trained, packed] = [state.stages.train!.result!, state.stages.entropyCode!.result!];
    assert.ok(trained.test!.error! < 0.9);
    assert.deepEqual(packed.test, trained.test);
    assert.deepEqual([trained.labelBytes, packed.labelBytes], [undefined, undefined]);
  });

  it('is stopped through its folder by a process that did not start it', async (t) => {
    const request = trainRequest(images(t), 'elsewhere', 10_000);
    const stop = (): void => assert.ok(stopRun(request.run, (sentence) => assert.fail(sentence)));
    const summary = (await reactingJob(request, 2, stop).result) as TrainSummary;
    assert.equal(summary.ended, 'stopped');
    assert.equal((await readState(request.run)).status, 'stopped');
    assert.ok(!existsSync(join(request.run, 'job.json')));
  });

  it('stopped while its model is measured goes on to the same model', async (t) => {
    const request = trainRequest(images(t, 8, 20_000), 'measured', 1);
    const job = startJob(request, {
      worker,
      onMessage(message) {
        if (message.type !== 'events') return;
        for (const event of message.events) {
          if (event.type === 'progress' && event.note.startsWith('Measuring')) job.stop();
        }
      },
    });
    await job.result;
    const { status, stages } = await readState(request.run);
    assert.equal(status, 'stopped');
    assert.equal(stages.train!.status, 'finished');
    const before = model(request);
    await startJob(request, { worker }).result;
    assert.equal((await readState(request.run)).status, 'finished');
    assert.deepEqual(model(request), before);
    assert.equal(existsSync(join(request.run, 'checkpoint')), false);
  });

  it('stopped while the dataset is read says so, and can be tried again', async (t) => {
    const request = trainRequest(images(t), 'early');
    const job = startJob(request, { worker });
    job.stop();
    await assert.rejects(job.result, /Stopped while the dataset was read/);
    const { status, stages } = await readState(request.run);
    assert.equal(status, 'stopped');
    assert.equal(stages.train, undefined);
    await startJob(request, { worker }).result;
    assert.equal((await readState(request.run)).status, 'finished');
  });

  it('leaves a run that can be read: record, history, files of the stated length, report', async (t) => {
    const request = trainRequest(images(t), 'whole', 3);
    const summary = (await startJob(request, { worker }).result) as TrainSummary;
    assert.equal(summary.testError, summary.metrics.test!.error);
    const record = await readRecord(request.run);
    assert.equal(record.training!.batchSize, 32);
    assert.match(record.dataset!.files[0].sha256, /^[0-9a-f]{64}$/);
    const { stages } = await readState(request.run);
    for (const name of ['preprocess', 'train', 'entropyCode'] as const) {
      const { artifact, bytes } = stages[name]!.result!;
      assert.equal(readFileSync(join(request.run, artifact)).length, bytes, artifact);
    }
    assert.match(readFileSync(join(request.run, 'report.md'), 'utf8'), /:::finished/);
    assert.deepEqual(
      readdirSync(request.run).filter((name) => /tmp|job\.json/.test(name)),
      [],
    );
  });

  it('of a GAN leaves a picture of each epoch and a judge, and measures its samples', async (t) => {
    const base = trainRequest(images(t), 'drawn', 2);
    const training = { ...base.training, learningRate: 1e-9 };
    const request: TrainRequest = { ...base, architecture: 'gan', training };
    const summary = (await startJob(request, { worker }).result) as TrainSummary;
    const { stages, warnings } = await readState(request.run);
    const train = stages.train!;
    assert.deepEqual(
      train.samples.map(({ file }) => file),
      ['samples/epoch-0001.png', 'samples/epoch-0002.png'],
    );
    for (const { file } of train.samples) assert.ok(existsSync(join(request.run, file)));
    assert.ok(existsSync(join(request.run, 'judge.kolmo')));
    assert.ok(train.training.adversaryLoss.every((loss) => loss! > 0));
    assert.ok(summary.metrics.test!.frechetDistance! > 0);
    assert.ok(summary.metrics.test!.exampleEntropy! > 1);
    assert.ok(train.result!.notes.some((note) => /^The last weights are kept/.test(note)));
    // Hardly trained, all its samples look alike.
    assert.ok(warnings.some((message) => /^The generator has collapsed/.test(message)));
  });

  it('refuses to go on when the dataset has changed', async (t) => {
    const folder = images(t);
    const request = trainRequest(folder, 'changed', 10_000);
    await reactingJob(request, 1, (job) => job.stop()).result;
    const other = syntheticIdx({ count: 900, seed: 2 });
    writeFileSync(join(folder, 'train-images-idx3-ubyte'), other.images);
    writeFileSync(join(folder, 'train-labels-idx1-ubyte'), other.labels);
    await assert.rejects(
      startJob(request, { worker }).result,
      /has changed since this run began.*train again in a new run/,
    );
  });

  it('tells what is wrong with its data, keeps that in its history, and can be tried again', async (t) => {
    const folder = temporaryFolder(t, { 'a.csv': 'x,y\n' });
    const request = {
      ...trainRequest(folder, 'empty'),
      dataset: join(folder, 'a.csv'),
      architecture: 'auto',
    };
    await assert.rejects(startJob(request, { worker }).result, /has a header and no rows/);
    const state = await readState(request.run);
    assert.equal(state.status, 'failed');
    assert.match(state.message!, /has a header and no rows/);
    writeFileSync(join(folder, 'a.csv'), syntheticTable({ rows: 60 }));
    await startJob((await readRecord(request.run)).request, { worker }).result;
    assert.equal((await readState(request.run)).status, 'finished');
  });
});

describe('a compress job', () => {
  it('measures each pass from its file, and applies a pass again from where it was', async (t) => {
    const folder = images(t);
    const train = trainRequest(folder, 'whole', 3);
    await startJob(train, { worker }).result;
    const compress = (passes: object[]): Promise<unknown> =>
      startJob(
        {
          type: 'compress',
          run: train.run,
          passes: passes as never,
          fineTune: false,
          seed: 1,
          threads: 1,
        },
        { worker },
      ).result;

    const first = (await compress([
      { name: 'prune', options: { sparsity: 0.5 } },
      { name: 'share', options: { clusters: 16 } },
    ])) as CompressSummary;
    assert.deepEqual(
      first.stages.map(({ name }) => name),
      ['prune', 'share'],
    );
    for (const { name, bytes } of first.stages) {
      assert.equal(readFileSync(join(train.run, 'stages', `${name}.kolmo`)).length, bytes);
    }
    assert.equal(readFileSync(first.file).length, first.bytes);
    const packed = readFileSync(first.file);

    await compress([{ name: 'quantize', options: { bits: 8 } }]);
    const chain = (await readState(train.run)).chain;
    assert.deepEqual(chain.slice(3), ['prune', 'share', 'quantize', 'entropyCode']);
    const { int8, latencies, notes } = (await readState(train.run)).stages.quantize!.result!;
    const written = readFileSync(join(train.run, 'model.int8.onnx'));
    assert.equal(int8!.bytes, written.length);
    assert.ok(int8!.test!.error! >= 0);
    assert.deepEqual(
      latencies!.map(({ file }) => file),
      ['model.onnx', 'quantize, float32', 'model.int8.onnx'],
    );
    assert.ok(latencies!.every(({ single, batch }) => single > 0 && batch > single));
    assert.match(notes[0], /model\.int8\.onnx has .* bytes, test error .*with one example/);
    const report = readFileSync(join(train.run, 'report.md'), 'utf8');
    assert.match(report, /## Speed in ONNX Runtime/);

    await compress([{ name: 'quantize', options: { bits: 4 } }]);
    assert.equal(existsSync(join(train.run, 'model.int8.onnx')), false);

    await compress([
      { name: 'prune', options: { sparsity: 0.5 } },
      { name: 'share', options: { clusters: 16 } },
    ]);
    assert.deepEqual(readFileSync(first.file), packed);
    const state = await readState(train.run);
    assert.deepEqual(state.chain.slice(3), ['prune', 'share', 'entropyCode']);
    assert.equal((await readRecord(train.run)).compressions.length, 4);
  });

  it('killed or stopped while a pass trains the weights on leaves the last good files, and can start again', async (t) => {
    const train = trainRequest(images(t), 'whole', 1);
    await startJob(train, { worker }).result;
    const files = ['model.kolmo', 'stages/train.kolmo'].map((name) => join(train.run, name));
    const before = files.map((path) => readFileSync(path));
    const compress = (epochs: number): CompressRequest => ({
      type: 'compress',
      run: train.run,
      passes: [{ name: 'factorise', options: { energy: 0.3, epochs } }],
      fineTune: true,
      seed: 1,
      threads: 1,
    });
    const job = reactingJob(compress(10_000), 1, ({ pid }) => process.kill(pid!, 'SIGKILL'));
    await assert.rejects(job.result, /was killed \(SIGKILL\)/);
    assert.equal((await readState(train.run)).status, 'interrupted');
    assert.deepEqual(
      files.map((path) => readFileSync(path)),
      before,
    );
    assert.equal(existsSync(join(train.run, 'stages', 'factorise.kolmo')), false);

    const stopped = reactingJob(compress(10_000), 1, (each) => each.stop());
    await assert.rejects(stopped.result, {
      reason: 'stopped',
      message: `Stopped before the first pass had ended: model.kolmo is the last good one still, of ${formatBytes(before[0].length)}.`,
    });
    const { status, chain } = await readState(train.run);
    assert.equal(status, 'stopped');
    assert.deepEqual(chain.slice(3), ['entropyCode'], 'the stage whose file stands was dropped');
    assert.deepEqual((await readRecord(train.run)).compressions, []);
    assert.deepEqual(
      files.map((path) => readFileSync(path)),
      before,
    );

    const { bytes } = (await startJob(compress(1), { worker }).result) as CompressSummary;
    assert.equal(readFileSync(files[0]).length, bytes);
    assert.ok(bytes < before[0].length);
  });

  it('compresses a packed model file without its data into a run of its own', async (t) => {
    const folder = images(t);
    const train = trainRequest(folder, 'whole', 1);
    await startJob(train, { worker }).result;
    const out = join(folder, 'out');
    const summary = (await startJob(
      {
        type: 'compress',
        run: join(train.run, 'model.kolmo'),
        out,
        passes: [{ name: 'quantize', options: {} }],
        fineTune: true,
        seed: 1,
        threads: 1,
      },
      { worker },
    ).result) as CompressSummary;
    assert.ok(summary.ratio > 3.5);
    assert.equal(summary.testError, undefined);
    assert.equal(readFileSync(join(out, 'model.kolmo')).length, summary.bytes);
    const [note] = (await readState(out)).stages.quantize!.result!.notes;
    assert.match(note, /No model\.int8\.onnx was written: .*there is no dataset/);
  });

  it('says what a folder must be', async (t) => {
    const folder = temporaryFolder(t);
    const request = { type: 'compress', fineTune: true, seed: 1, threads: 1 } as const;
    await assert.rejects(
      startJob({ ...request, run: folder, passes: [] }, { worker }).result,
      /is not a run: choose a folder below \.kolmo\/runs/,
    );
    const twice = [
      { name: 'prune', options: {} },
      { name: 'prune', options: {} },
    ] as const;
    await assert.rejects(
      startJob({ ...request, run: folder, passes: [...twice] }, { worker }).result,
      /ask for prune once/,
    );
  });
});

describe('a describe job', () => {
  it('tells targets and architectures of a table, the best guess first', async (t) => {
    const folder = temporaryFolder(t, { 'a.csv': syntheticTable({ rows: 200 }) });
    const described = (await startJob(
      { type: 'describe', dataset: join(folder, 'a.csv') },
      { worker },
    ).result) as DatasetDescription;
    assert.equal(described.summary, '5 columns, 200 rows');
    assert.equal(described.targets[0].name, 'price');
    assert.equal(described.targets[0].task, 'regression');
    assert.equal(described.architectures[0].name, 'mlp');
  });

  it('tells that of a text the next symbol is learned, and nothing else', async (t) => {
    const folder = temporaryFolder(t, {
      'story.txt': 'It was a dark and stormy night.\n'.repeat(40),
    });
    const dataset = join(folder, 'story.txt');
    const described = await startJob({ type: 'describe', dataset }, { worker }).result;
    assert.deepEqual(described.targets, []);
    assert.deepEqual(
      described.architectures.map(({ name }) => name),
      ['next-symbol'],
    );
  });

  it('tells the size and the architectures of images', async (t) => {
    const described = (await startJob(
      { type: 'describe', dataset: join(images(t, 16), 'train-images-idx3-ubyte') },
      { worker },
    ).result) as DatasetDescription;
    assert.equal(described.summary, '900 images of 16 x 16');
    assert.deepEqual(described.architectures.map(({ name }) => name).slice(0, 2), [
      'lenet-300-100',
      'lenet-5',
    ]);
  });

  it('tells which columns hold one value, and what is no table', async (t) => {
    const rows = Array.from({ length: 40 }, (_, i) => `${i % 7},${i % 3},same`).join('\n');
    const folder = temporaryFolder(t, {
      'a.csv': `x,y,label\n${rows}\n`,
      'a.md': '# x\n'.repeat(200),
    });
    const summaryOf = async (name: string): Promise<string> => {
      const request = { type: 'describe' as const, dataset: join(folder, name) };
      return ((await startJob(request, { worker }).result) as DatasetDescription).summary;
    };
    assert.equal(await summaryOf('a.csv'), '3 columns, 40 rows, no two values in label');
    assert.match(await summaryOf('a.md'), /^its bytes as a sequence, in 12 pieces of 64$/);
  });

  it('gives the sentence of a dataset that cannot be used', async (t) => {
    const folder = temporaryFolder(t, { 'a.csv': 'x,y\n' });
    await assert.rejects(
      startJob({ type: 'describe', dataset: join(folder, 'a.csv') }, { worker }).result,
      /has a header and no rows/,
    );
  });

  it('misses the engine before anything is asked', async (t) => {
    const folder = temporaryFolder(t, { 'a.csv': syntheticTable({ rows: 60 }) });
    const dataset = join(folder, 'a.csv');
    await assert.rejects(
      startJob({ type: 'describe', dataset, engine: 'tfjs-node', modules: [folder] }, { worker })
        .result,
      /needs @tensorflow\/tfjs-node, which is not installed in .*: run npm install/,
    );
  });
});

describe('an output that cannot be written', () => {
  it('is told in a sentence', async (t) => {
    const folder = images(t);
    writeFileSync(join(folder, '.kolmo'), 'a file');
    await assert.rejects(
      startJob(trainRequest(folder, 'x', 1), { worker }).result,
      /a file stands where a folder is needed/,
    );
    rmSync(join(folder, '.kolmo'));
  });
});
