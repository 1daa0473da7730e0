import assert from 'node:assert/strict';
import { cpSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { describe, it } from 'node:test';
import { datasetDefaults } from '../../../src/core/data/dataset';
import { startJob } from '../../../src/jobs/job';
import type { TrainSummary } from '../../../src/jobs/train';
import { readState } from '../../../src/runs/folder';
import { syntheticIdx } from '../../fixtures/syntheticIdx';
import { temporaryFolder } from '../../fixtures/temporaryFolder';

describe('the package on a machine that ONNX Runtime has no native library for', () => {
  it('trains and measures on WebAssembly, with the files that it ships', async (t) => {
    const { images, labels } = syntheticIdx({ count: 900, side: 8 });
    const folder = temporaryFolder(t, {
      'train-images-idx3-ubyte': images,
      'train-labels-idx1-ubyte': labels,
    });
    const shipped = readFileSync('.vscodeignore', 'utf8')
      .split('\n')
      .filter((line) => line.startsWith('!node_modules/onnxruntime-'))
      .map((line) => line.slice(1).replace('/**', ''));
    for (const file of ['dist/worker.js', ...shipped]) {
      mkdirSync(dirname(join(folder, file)), { recursive: true });
      cpSync(file === 'dist/worker.js' ? 'out/dist/worker.js' : file, join(folder, file), {
        recursive: true,
      });
    }
    const job = startJob(
      {
        type: 'train',
        dataset: join(folder, 'train-images-idx3-ubyte'),
        data: datasetDefaults,
        architecture: 'lenet-300-100',
        training: { epochs: 4, batchSize: 32, patience: 0, seed: 5 },
        run: join(folder, 'run'),
        threads: 1,
      },
      { worker: resolve(folder, 'dist/worker.js') },
    );
    const { testError } = (await job.result) as TrainSummary;
    assert.ok(testError! < 0.2, `test error ${testError}`);
    const { warnings } = await readState(join(folder, 'run'));
    assert.match(
      warnings[0],
      /no native library for this machine \(Error: Cannot find module [^\n]*\), so its WebAssembly computes/,
    );
  });
});
