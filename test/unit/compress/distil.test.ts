import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { predict } from '../../../src/core/compress/analysis/dryRun';
import { encode } from '../../../src/core/compress/container/container';
import type { PassOptions } from '../../../src/core/compress/pass';
import { passes } from '../../../src/core/compress/passes';
import { studentOf } from '../../../src/core/compress/passes/distil';
import type { Dataset } from '../../../src/core/data/dataset';
import { evaluateOnnx, exportOnnx } from '../../../src/core/train/export';
import { initialize } from '../../../src/core/train/layers/layers';
import { train } from '../../../src/core/train/loop';
import type { Architecture, Model } from '../../../src/core/train/model';
import { blobs } from './blobs';
import { finished, randomModel, tiny } from './models';

const wide: Architecture = {
  ...tiny,
  layers: [
    { type: 'dense', units: 40, activation: 'relu' },
    { type: 'dense', units: 3, activation: 'softmax' },
  ],
};

describe('distil', () => {
  it('trains a student of the width asked for, as good as its teacher', async () => {
    const dataset = blobs();
    const teacher = (
      await finished(train(initialize(wide, 1), dataset, { epochs: 6, learningRate: 0.01 }))
    ).model;
    const student = await distilled(teacher, { width: 0.25, epochs: 10 }, dataset);
    assert.deepEqual(student.architecture.layers, [
      { type: 'dense', units: 10, activation: 'relu' },
      { type: 'dense', units: 3, activation: 'softmax' },
    ]);
    const error = async (model: Model): Promise<number> =>
      (await evaluateOnnx(exportOnnx(model), dataset, 'test')).error!;
    const [before, after] = [await error(studentOf(teacher, 0.25)), await error(student)];
    assert.ok(after < before, `${after} after ${before}`);
    assert.ok(after <= (await error(teacher)) + 0.05, `${after}`);
    const written = encode(student).length;
    assert.ok(Math.abs(predict(teacher, 'distil', 0.25) / written - 1) <= 0.03);
  });

  it('learns from the teacher alone when asked, even where the labels are wrong', async () => {
    const dataset = blobs();
    const teacher = (
      await finished(train(initialize(wide, 1), dataset, { epochs: 6, learningRate: 0.01 }))
    ).model;
    const { training } = dataset.splits;
    const confused: Dataset = {
      ...dataset,
      splits: {
        ...dataset.splits,
        training: {
          ...training,
          read(indices, inputs, targets) {
            training.read(indices, inputs, targets);
            // The class after the true one.
            for (let i = 0; i < targets.length; i += 3) {
              targets.subarray(i, i + 3).set([targets[i + 2], targets[i], targets[i + 1]]);
            }
          },
        },
      },
    };
    const student = await distilled(teacher, { width: 0.5, epochs: 4, softShare: 1 }, confused);
    const { error } = await evaluateOnnx(exportOnnx(student), dataset, 'test');
    assert.ok(error! < 0.2, `${error}`);
  });

  it('refuses to work without data, and for models without classes', async () => {
    await assert.rejects(distilled(randomModel(wide), {}), /there is none.*or prune neurons/);
    const other = { ...randomModel(wide), architecture: { ...wide, task: 'regression' as const } };
    await assert.rejects(
      distilled(other, {}, blobs()),
      /this model is for regression: prune neurons instead/,
    );
  });
});

const distilled = (model: Model, options: PassOptions, dataset?: Dataset): Promise<Model> =>
  finished(passes.distil.run(model, options, { dataset, seed: 1, threads: 1 }));
