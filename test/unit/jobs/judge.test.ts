import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { encode } from '../../../src/core/compress/container/container';
import { collect } from '../../../src/core/data/collect';
import { datasetDefaults } from '../../../src/core/data/dataset';
import { resultOf } from '../../../src/core/relay';
import { initialize } from '../../../src/core/train/layers/layers';
import type { Architecture } from '../../../src/core/train/model';
import { compressRun } from '../../../src/jobs/compress';
import { openHistory } from '../../../src/runs/history';
import { createRunFolder, packedStage, writeRecord } from '../../../src/runs/folder';
import type { TrainRequest } from '../../../src/runs/runRequests';
import { syntheticIdx } from '../../fixtures/syntheticIdx';
import { temporaryFolder } from '../../fixtures/temporaryFolder';

const generator: Architecture = {
  name: 'gan',
  inputShape: [4],
  task: 'generation',
  layers: [
    { type: 'dense', units: 64, activation: 'tanh' },
    { type: 'reshape', shape: [8, 8, 1] },
  ],
  adversary: [{ type: 'flatten' }, { type: 'dense', units: 1, activation: 'sigmoid' }],
};

describe('a run whose judge cannot be read', () => {
  it(
    'says so, and leaves none of its data open',
    { skip: process.platform !== 'linux' && 'no /proc/self/fd' },
    async (t) => {
      const { images, labels } = syntheticIdx({ count: 200, side: 8 });
      const folder = temporaryFolder(t, {
        'train-images-idx3-ubyte': images,
        'train-labels-idx1-ubyte': labels,
      });
      const dataset = join(folder, 'train-images-idx3-ubyte');
      // Read where they lie, the images stay open.
      const data = { ...datasetDefaults, memoryBytes: 0 };
      const run = join(folder, '.kolmo', 'runs', 'drawn');
      const request: TrainRequest = {
        type: 'train',
        dataset,
        data,
        architecture: 'gan',
        training: {},
        run,
        threads: 1,
      };
      const { name, files, preprocessing, notes, close } = await resultOf(collect(dataset, data));
      assert.equal(isOpen(dataset), true);
      await close!();
      await createRunFolder(run);
      await writeRecord(run, {
        kolmo: '0',
        versions: {},
        createdAt: 0,
        seed: 1,
        request,
        compressions: [],
        dataset: { name, files, preprocessing, notes },
        architecture: generator,
      });
      mkdirSync(join(run, 'stages'));
      writeFileSync(join(run, packedStage('train')), encode(initialize(generator, 1)));
      const history = openHistory(run);
      const result = { bytes: 1, artifact: 'model.onnx', seconds: 1, notes: [] };
      history.append([{ type: 'stageFinished', stage: 'train', result, at: 0 }]);
      history.close();
      writeFileSync(join(run, 'judge.kolmo'), 'no model');

      const compressing = compressRun(
        { type: 'compress', run, passes: [], fineTune: false, seed: 1, threads: 1 },
        { now: () => 0, stopping: () => false },
      );
      await assert.rejects(resultOf(compressing), /judge\.kolmo/);
      assert.equal(isOpen(dataset), false);
    },
  );
});

/** Whether this process holds a file open. */
const isOpen = (path: string): boolean =>
  readdirSync('/proc/self/fd').some((descriptor) => {
    try {
      return readlinkSync(`/proc/self/fd/${descriptor}`) === path;
    } catch (error) {
      // The one that listed the folder is closed by now.
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
      throw error;
    }
  });
