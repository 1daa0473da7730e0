import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { inBatches } from '../../../src/core/train/batches';
import type { Examples } from '../../../src/core/data/dataset';

const shape = { inputShape: [2, 1], targetSize: 1 };

/** Example i has the inputs 10 i and 10 i + 1, and the target i. */
const counting = (count: number): Examples => ({
  count,
  read(indices, inputs, targets) {
    assert.deepEqual([inputs.length, targets.length], [2 * indices.length, indices.length]);
    indices.forEach((index, i) => {
      inputs.set([10 * index, 10 * index + 1], 2 * i);
      targets[i] = index;
    });
  },
});

/** A copy of each batch, since the next one lies in the same place. */
const all = (...given: Parameters<typeof inBatches>) =>
  Array.from(inBatches(...given), ({ start, count, inputs, targets }) => ({
    start,
    count,
    inputs: [...inputs],
    targets: [...targets],
  }));

describe('a split in batches', () => {
  it('is read once and in order, and its last batch holds what is left', () => {
    assert.deepEqual(all(counting(3), shape, 2), [
      { start: 0, count: 2, inputs: [0, 1, 10, 11], targets: [0, 1] },
      { start: 2, count: 1, inputs: [20, 21], targets: [2] },
    ]);
  });

  for (const [count, sizes] of [
    [0, []],
    [1, [1]],
    [2, [2]],
    [4, [2, 2]],
  ] as [number, number[]][]) {
    it(`makes ${sizes.length} batches of ${count} examples`, () => {
      assert.deepEqual(
        all(counting(count), shape, 2).map((batch) => batch.count),
        sizes,
      );
    });
  }

  it('writes where it is told, and leaves what lies behind a shorter last batch', () => {
    const into = new Float32Array(4);
    all(counting(3), shape, 2, into);
    assert.deepEqual([...into], [20, 21, 10, 11]);
  });
});
