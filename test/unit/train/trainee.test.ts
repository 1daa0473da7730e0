import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { InferenceSession } from 'onnxruntime-node';
import { createRandom } from '../../../src/core/random';
import { chooseArchitecture } from '../../../src/core/train/architectures/architectures';
import { initialize } from '../../../src/core/train/layers/layers';
import type { Model } from '../../../src/core/train/model';
import { trainDefaults, type TrainOptions } from '../../../src/core/train/options';
import { compileContest } from '../../../src/core/train/contest';
import { planTraining } from '../../../src/core/train/plan';
import { compileTrainee, type Trainee } from '../../../src/core/train/trainee';
import { imageDataset, tableDataset } from './datasets';

const settings: TrainOptions = { ...trainDefaults, shift: 0 };
const table = tableDataset();
const batch = Int32Array.from({ length: 16 }, (_, i) => i);
const fresh = (): Model => initialize(chooseArchitecture('auto', table).choice.build(table), 1);

async function compiled(
  model: Model,
  use: (trainee: Trainee) => Promise<void>,
  dataset = table,
): Promise<void> {
  const trainee = await compileTrainee(model, dataset, batch.length, settings);
  try {
    await use(trainee);
  } finally {
    await trainee.dispose();
  }
}

/** The first layer's weights with two centroids, every third one pruned. */
function shared(): Model {
  const model = fresh();
  const [first] = model.parameters;
  const centroids = Float32Array.of(-0.1, 0.2);
  const indices = Int32Array.from(first.data, (w) => Number(w > 0));
  const mask = Uint8Array.from(first.data, (_, i) => Number(i % 3 > 0));
  first.mask = mask;
  first.data = Float32Array.from(indices, (index, i) => (mask[i] ? centroids[index] : 0));
  first.encoding = { type: 'codebook', centroids, indices };
  return model;
}

describe('a step of training', () => {
  it('leaves the weights as they are when its loss is no number', async () => {
    const { training } = table.splits;
    const broken = {
      ...table,
      splits: {
        ...table.splits,
        training: {
          ...training,
          read(indices: Int32Array, x: Float32Array, y: Float32Array) {
            training.read(indices, x, y);
            x[0] = NaN;
          },
        },
      },
    };
    const step = async (trainee: Trainee): Promise<[before: Float32Array, loss: number]> => {
      const before = trainee.parameters();
      return [before, (await trainee.step(batch, createRandom(1), 0.1)).loss];
    };
    await compiled(
      fresh(),
      async (trainee) => {
        const [before, loss] = await step(trainee);
        assert.ok(Number.isNaN(loss));
        assert.deepEqual(trainee.parameters(), before);
      },
      broken,
    );
    await compiled(fresh(), async (trainee) => {
      const [before, loss] = await step(trainee);
      assert.ok(Number.isFinite(loss));
      assert.notDeepEqual(trainee.parameters(), before);
    });
  });

  it('keeps shared weights that were pruned at zero, and the others at their centroids', async () => {
    const model = shared();
    const [{ mask, encoding }] = model.parameters;
    assert.ok(mask && encoding.type === 'codebook');
    await compiled(model, async (trainee) => {
      for (let i = 0; i < 3; i++) await trainee.step(batch, createRandom(1), 0.01);
      const [first] = trainee.model().parameters;
      assert.ok(first.encoding.type === 'codebook');
      const { centroids } = first.encoding;
      assert.notDeepEqual(centroids, encoding.centroids);
      const told = encoding.indices.map((index, i) => (mask[i] ? index : -1));
      assert.deepEqual(
        first.data,
        Float32Array.from(told, (index) => (index < 0 ? 0 : centroids[index])),
      );
    });
  });
});

describe('a training whose optimizer cannot be made', () => {
  const unusable = {
    ...settings,
    get momentum(): number {
      throw new Error('no momentum');
    },
  };
  /** Sessions of ONNX Runtime that were made and are not released. */
  const leftBy = async (t: TestContext, compile: () => Promise<unknown>): Promise<number> => {
    const { prototype } = InferenceSession as unknown as { prototype: InferenceSession };
    const made = t.mock.method(InferenceSession, 'create');
    const released = t.mock.method(prototype, 'release');
    await assert.rejects(compile, /no momentum/);
    assert.ok(made.mock.callCount() > 0);
    return made.mock.callCount() - released.mock.callCount();
  };

  it('leaves no compiled step behind', async (t) => {
    const compile = () => compileTrainee(fresh(), table, batch.length, unusable);
    assert.equal(await leftBy(t, compile), 0);
  });

  it('leaves no network of a GAN behind', async (t) => {
    const images = imageDataset();
    const gan = initialize(chooseArchitecture('gan', images).choice.build(images), 1);
    const plan = { ...planTraining(gan, images, {}), settings: unusable };
    assert.equal(await leftBy(t, () => compileContest(gan, images, plan)), 0);
  });
});

describe('weights that are set', () => {
  it('bring their centroids along', async () => {
    await compiled(shared(), async (trainee) => {
      const before = trainee.parameters();
      for (let i = 0; i < 3; i++) await trainee.step(batch, createRandom(1), 0.01);
      const [trained] = trainee.model().parameters;
      trainee.setParameters(before);
      const [back] = trainee.model().parameters;
      assert.notDeepEqual(trained.encoding, back.encoding);
      assert.ok(back.encoding.type === 'codebook');
      assert.deepEqual(back.encoding.centroids, Float32Array.of(-0.1, 0.2));
    });
  });
});
