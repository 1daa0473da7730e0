import assert from 'node:assert/strict';
import { truncateSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { describeDataset } from '../../../src/core/data/collect';
import { parseIdxName } from '../../../src/core/data/idxFile';
import { syntheticIdx } from '../../fixtures/syntheticIdx';
import { temporaryFolder } from '../../fixtures/temporaryFolder';
import { collected, readSplit } from './collected';

const training = syntheticIdx({ count: 60 });
const test = syntheticIdx({ count: 20, seed: 2 });
const plain = {
  'train-images-idx3-ubyte': training.images,
  'train-labels-idx1-ubyte': training.labels,
  't10k-images-idx3-ubyte': test.images,
  't10k-labels-idx1-ubyte': test.labels,
};

describe('idx', () => {
  it('collects images with the labels and test files beside them', async (t) => {
    const folder = temporaryFolder(t, plain);
    const dataset = await collected(join(folder, 'train-images-idx3-ubyte'));
    assert.deepEqual(dataset.inputShape, [8, 8, 1]);
    assert.deepEqual(dataset.task, {
      type: 'classification',
      target: 'label',
      classes: ['0', '1', '2', '3'],
    });
    assert.deepEqual(
      Object.values(dataset.splits).map(({ count }) => count),
      [55, 5, 20],
    );
    assert.equal(dataset.files.length, 4);
    assert.match(dataset.files[0].sha256, /^[0-9a-f]{64}$/);
    assert.deepEqual(dataset.preprocessing, { type: 'image', divideBy: 255 });
  });

  it('delivers pixels from 0 to 1 and one-hot labels in the order asked for', async (t) => {
    const folder = temporaryFolder(t, plain);
    const { splits } = await collected(join(folder, 't10k-labels-idx1-ubyte'));
    const inputs = new Float32Array(2 * 64);
    const targets = new Float32Array(2 * 4).fill(9);
    splits.test.read(Int32Array.of(7, 3), inputs, targets);
    for (const [row, image] of [7, 3].entries()) {
      for (let i = 0; i < 64; i++) {
        const expected = Math.fround(test.images[16 + image * 64 + i] / 255);
        assert.equal(inputs[row * 64 + i], expected);
      }
      const oneHot = [0, 0, 0, 0];
      oneHot[test.labels[8 + image]] = 1;
      assert.deepEqual([...targets.subarray(row * 4, row * 4 + 4)], oneHot);
    }
  });

  it('reads gzipped files and the other spellings of their names', async (t) => {
    const reference = await collected(join(temporaryFolder(t, plain), 'train-images-idx3-ubyte'));
    const spellings = [
      (name: string) => `${name}.gz`,
      (name: string) => name.replace('-idx', '.idx'),
      (name: string) => `${name.replace('-ubyte', '')}.idx`,
    ];
    for (const spell of spellings) {
      const files = Object.entries(plain).map(([name, bytes]) => {
        const spelled = spell(name);
        return [spelled, spelled.endsWith('.gz') ? gzipSync(bytes) : bytes] as const;
      });
      const folder = temporaryFolder(t, Object.fromEntries(files));
      const dataset = await collected(join(folder, files[0][0]));
      for (const split of ['training', 'validation', 'test'] as const) {
        assert.deepEqual(readSplit(dataset, split), readSplit(reference, split));
      }
    }
  });

  it('reads images that do not fit in memory where they lie, and says when they change', async (t) => {
    const path = join(temporaryFolder(t, plain), 'train-images-idx3-ubyte');
    const lying = await collected(path, { memoryBytes: 1000 });
    const inMemory = await collected(path);
    for (const split of ['training', 'validation', 'test'] as const) {
      assert.deepEqual(readSplit(lying, split), readSplit(inMemory, split));
    }
    truncateSync(path, 500);
    assert.throws(() => readSplit(lying, 'training'), {
      name: 'KolmoError',
      message: /^train-images-idx3-ubyte ends at offset 500, .* was changed while/,
    });
    await lying.close!();
  });

  it('draws the same split from the same seed and another from another', async (t) => {
    const path = join(temporaryFolder(t, plain), 'train-images-idx3-ubyte');
    const [a, b, c] = [
      await collected(path, { seed: 4 }),
      await collected(path, { seed: 4 }),
      await collected(path, { seed: 5 }),
    ];
    assert.deepEqual(readSplit(a, 'validation'), readSplit(b, 'validation'));
    assert.notDeepEqual(readSplit(a, 'validation'), readSplit(c, 'validation'));
  });

  it('holds out a test split where the dataset has no test files', async (t) => {
    const folder = temporaryFolder(t, {
      'images-idx3-ubyte': training.images,
      'labels-idx1-ubyte': training.labels,
    });
    const dataset = await collected(join(folder, 'images-idx3-ubyte'), { testShare: 0.25 });
    assert.equal(dataset.splits.test.count, 15);
    assert.match(
      dataset.notes[0],
      /15 examples drawn with seed 1, since the dataset has no test files/,
    );
  });

  it('says which test examples have a class that training lacks', async (t) => {
    const labels = test.labels.slice();
    labels[8] = 200;
    const folder = temporaryFolder(t, { ...plain, 't10k-labels-idx1-ubyte': labels });
    const dataset = await collected(join(folder, 'train-images-idx3-ubyte'));
    assert.ok(dataset.notes.some((note) => note.startsWith('1 test examples have a class')));
    assert.deepEqual([...readSplit(dataset, 'test').targets.subarray(0, 4)], [0, 0, 0, 0]);
  });

  it('describes without reading the pixels', async (t) => {
    const folder = temporaryFolder(t, {
      'train-images-idx3-ubyte.gz': gzipSync(training.images),
      'train-labels-idx1-ubyte.gz': gzipSync(training.labels),
    });
    assert.deepEqual(await describeDataset(join(folder, 'train-images-idx3-ubyte.gz')), {
      kind: 'idx',
      rows: 60,
      inputShape: [8, 8, 1],
    });
  });

  it('tells the files of several datasets in one folder apart by name', () => {
    assert.deepEqual(parseIdxName('emnist-letters-test-images-idx3-ubyte.gz'), {
      part: 'images',
      split: 'test',
      stem: 'emnist-letters',
    });
    assert.equal(parseIdxName('notes.txt'), undefined);
  });
});
