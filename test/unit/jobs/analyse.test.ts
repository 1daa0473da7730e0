import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { before, describe, it, after } from 'node:test';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { datasetDefaults } from '../../../src/core/data/dataset';
import { labelLengths } from '../../../src/report/analysis';
import type { AnalyseSummary } from '../../../src/jobs/analyse';
import { startJob } from '../../../src/jobs/job';
import type { AnalyseRequest, CompressRequest } from '../../../src/runs/runRequests';
import type { ReportSummary } from '../../../src/jobs/report';
import { readRecord, readState, writeRecord } from '../../../src/runs/folder';
import { syntheticIdx } from '../../fixtures/syntheticIdx';

const worker = resolve('out/dist/worker.js');

describe('an analysis', () => {
  let folder: string;
  let run: string;
  const compress = (passes: CompressRequest['passes']): Promise<unknown> =>
    startJob({ type: 'compress', run, passes, fineTune: false, seed: 1, threads: 1 }, { worker })
      .result;
  const analyse = (analysis: AnalyseRequest['analysis']): Promise<AnalyseSummary> =>
    startJob({ type: 'analyse', run, analysis, threads: 1 }, { worker })
      .result as Promise<AnalyseSummary>;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'kolmo-analyse-'));
    run = join(folder, '.kolmo', 'runs', 'a');
    const { images, labels } = syntheticIdx({ count: 900, side: 8 });
    writeFileSync(join(folder, 'train-images-idx3-ubyte'), images);
    writeFileSync(join(folder, 'train-labels-idx1-ubyte'), labels);
    await startJob(
      {
        type: 'train',
        dataset: join(folder, 'train-images-idx3-ubyte'),
        data: datasetDefaults,
        architecture: 'lenet-300-100',
        training: { epochs: 6, batchSize: 32, patience: 0, seed: 5 },
        run,
        threads: 1,
      },
      { worker },
    ).result;
  });
  after(() => rmSync(folder, { recursive: true }));

  it('predicts the bytes that a pass then writes, within 3 %', async () => {
    const { findings } = await analyse({ name: 'dryRun' });
    const prune = findings.find((finding) => 'pass' in finding && finding.pass === 'prune');
    assert.ok(prune?.type === 'dryRun');
    const rung = prune.rungs.find(({ setting }) => setting === 0.8);
    assert.ok(rung && 'bytes' in rung);
    await compress([{ name: 'prune', options: { sparsity: 0.8 } }]);
    const { stages, analysis, status } = await readState(run);
    const written = stages.prune!.result!.bytes;
    assert.ok(Math.abs(rung.bytes / written - 1) <= 0.03, `${rung.bytes} of ${written}`);
    assert.equal(status, 'finished');
    assert.deepEqual(analysis.dryRun, [], 'what was predicted of another model was kept');
    // Where pruning would start is still the model before it.
    const again = (await analyse({ name: 'dryRun' })).findings;
    assert.deepEqual(
      again.find((finding) => 'pass' in finding && finding.pass === 'prune'),
      prune,
    );
  });

  it('accounts for every byte of every packed stage', async () => {
    await compress([
      { name: 'prune', options: { sparsity: 0.8 } },
      { name: 'share', options: { clusters: 8 } },
    ]);
    const { stages } = await readState(run);
    for (const name of ['train', 'prune', 'share', 'entropyCode'] as const) {
      const { ledger, layers } = stages[name]!.result!;
      const file = readFileSync(
        join(run, name === 'entropyCode' ? 'model.kolmo' : `stages/${name}.kolmo`),
      );
      const sum = ledger!.tensors.reduce(
        (all, { positions, symbols, codebook, scales, biases, header }) =>
          all + positions + symbols + codebook + scales + biases + header,
        ledger!.header,
      );
      assert.equal(sum, file.length, name);
      const theory = layers!.reduce((all, { entropyBytes }) => all + entropyBytes, 0);
      // Context modelling may beat a code without memory, and small files carry headers.
      assert.ok(theory > 0.5 * file.length && theory < 1.6 * file.length, `${name}: ${theory}`);
    }
  });

  it('maps each layer at each setting; a layer that is left alone keeps its weights', async () => {
    const { findings } = await analyse({ name: 'sensitivity', pass: 'quantize', settings: [8, 2] });
    assert.equal(findings.length, 6);
    const { analysis, status } = await readState(run);
    assert.equal(status, 'finished');
    assert.equal(analysis.sensitivity?.cells.length, 6);
    assert.equal(analysis.running, undefined);
    await compress([{ name: 'prune', options: { sparsity: 0.9, except: 'dense_1/weights' } }]);
    const [first, , second] = (await readState(run)).stages.prune!.result!.layers!;
    assert.equal(first.nonZero, first.parameters);
    assert.ok(second.nonZero < second.parameters);
    await assert.rejects(
      compress([{ name: 'share', options: { clusters: 4, except: 'dense_9/weights' } }]),
      /no weights dense_9\/weights to leave alone: choose among dense_1\/weights/,
    );
  });

  it('codes the labels in two parts and block by block, on whatever engine the run was trained', async () => {
    await compress([{ name: 'prune', options: { sparsity: 0.8 } }]);
    const record = await readRecord(run);
    await writeRecord(run, {
      ...record,
      training: { ...record.training!, runtime: 'tfjs-node' },
    });
    await analyse({ name: 'prequential' });
    const lengths = labelLengths(await readState(run))!;
    assert.equal(lengths.count, 900 - Math.round(900 * datasetDefaults.testShare));
    assert.ok(Math.abs(lengths.uniform - (lengths.count * Math.log2(lengths.classes)) / 8) < 1e-6);
    assert.ok(lengths.compressed.gzip > 0);
    assert.ok(lengths.prequential! < 0.7 * lengths.uniform, `${lengths.prequential}`);
    const { stage, labels } = lengths.stages.at(-1)!;
    assert.equal(stage, 'entropyCode');
    assert.ok(labels < 0.5 * lengths.uniform, `${labels} of ${lengths.uniform}`);
    const report = (await startJob({ type: 'report', run }, { worker }).result) as ReportSummary;
    assert.deepEqual(report.labels, lengths);
    const text = readFileSync(report.file, 'utf8');
    assert.match(text, /## Description length of the labels[\s\S]*block-prequential/);
  });

  it('stopped in the middle keeps what it found and leaves the status of the run', async () => {
    const job = startJob(
      { type: 'analyse', run, analysis: { name: 'sensitivity', pass: 'prune' }, threads: 1 },
      {
        worker,
        onMessage: (message) => {
          if (message.type !== 'events') return;
          if (message.events.some(({ type }) => type === 'found')) job.stop();
        },
      },
    );
    const { findings } = (await job.result) as AnalyseSummary;
    assert.ok(findings.length >= 1 && findings.length < 18, String(findings.length));
    const { status, analysis } = await readState(run);
    assert.equal(status, 'finished');
    assert.match(analysis.message!, /Stopped on request/);
    assert.equal(analysis.running, undefined);
  });

  it('that fails says why without making the run a failed one', async () => {
    rmSync(join(folder, 'train-labels-idx1-ubyte'));
    await assert.rejects(analyse({ name: 'prequential' }), /labels/);
    const { status, analysis } = await readState(run);
    assert.equal(status, 'finished');
    assert.match(analysis.message!, /labels/);
  });
});

describe('an analysis of a model that sorts nothing', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'kolmo-analyse-'));
    const { images, labels } = syntheticIdx({ count: 200, side: 8 });
    writeFileSync(join(folder, 'train-images-idx3-ubyte'), images);
    writeFileSync(join(folder, 'train-labels-idx1-ubyte'), labels);
    writeFileSync(join(folder, 'a.txt'), 'to be or not to be, that is the question. '.repeat(50));
  });
  after(() => rmSync(folder, { recursive: true }));

  const trained = async (file: string, architecture: string): Promise<string> => {
    const run = join(folder, '.kolmo', 'runs', architecture);
    const data = { ...datasetDefaults };
    const training = { epochs: 1, batchSize: 32, seed: 1 };
    const dataset = join(folder, file);
    await startJob(
      { type: 'train', dataset, data, architecture, training, run, threads: 1 },
      { worker },
    ).result;
    return run;
  };
  const analyse = (run: string, analysis: AnalyseRequest['analysis']): Promise<AnalyseSummary> =>
    startJob({ type: 'analyse', run, analysis, threads: 1 }, { worker })
      .result as Promise<AnalyseSummary>;

  for (const [architecture, file, metric, refused] of [
    ['gan', 'train-images-idx3-ubyte', 'frechetDistance', /does not sort .* into classes/],
    ['autoencoder', 'train-images-idx3-ubyte', 'loss', /does not sort .* into classes/],
    ['next-symbol', 'a.txt', 'bitsPerByte', /are no classes/],
  ] as const) {
    it(`maps the layers of ${architecture}, and says why it has no code of labels`, async () => {
      const run = await trained(file, architecture);
      const map = { name: 'sensitivity', pass: 'prune', settings: [0.9] } as const;
      const { findings } = await analyse(run, { ...map, settings: [...map.settings] });
      const layers = findings.map((finding) => {
        assert.ok(finding.type === 'sensitivity');
        assert.ok(Number.isFinite(finding.cell.validation[metric]));
        assert.ok(finding.cell.bytesSaved > 0);
        return finding.cell.parameter;
      });
      assert.ok(layers.length >= 4 && new Set(layers).size === layers.length);
      await assert.rejects(analyse(run, { name: 'prequential' }), { message: refused });
    });
  }
});
