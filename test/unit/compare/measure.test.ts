import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { addValues, correlationOf, noSums } from '../../../src/core/compare/difference';
import { measurePair } from '../../../src/core/compare/measure';
import type { StoredTensor } from '../../../src/core/compare/tensors';
import { createRandom } from '../../../src/core/random';
import { resultOf } from '../../../src/core/relay';

function stored(shape: number[], all: number[]): StoredTensor {
  return {
    name: 'w',
    dtype: 'float64',
    shape,
    parameters: all.length,
    bytes: 8 * all.length,
    integer: false,
    values: async (first, count) => Float64Array.from(all.slice(first, first + count)),
  };
}

const random = createRandom(1);
const square = Array.from({ length: 64 }, () => random.normal());
const turned = square.map((_, i) => square[8 * (i % 8) + Math.floor(i / 8)]);

describe('a tensor with more values than are put into another order', () => {
  it('is not compared where its values do not go together in the order at hand', async () => {
    const [a, b] = [stored([8, 8], square), stored([8, 8], turned)];
    assert.deepEqual((await resultOf(measurePair(a, b))).axes, [1, 0]);
    const { sums, notCompared } = await resultOf(measurePair(a, b, 63));
    assert.equal(sums, undefined);
    assert.equal(
      notCompared,
      'In this order its values do not go together, and at most 63 values are put into another order.',
    );
  });

  it('is compared where they do, or where no other order is known', async () => {
    const same = await resultOf(measurePair(stored([8, 8], square), stored([8, 8], square), 63));
    assert.equal(same.sums!.unequal, 0);
    const row = await resultOf(measurePair(stored([1, 64], square), stored([64, 1], turned), 63));
    assert.ok(row.sums!.unequal > 0);
  });

  it('is not compared where shapes differ', async () => {
    const { notCompared } = await resultOf(
      measurePair(stored([4, 16], square), stored([16, 4], square), 63),
    );
    assert.match(notCompared!, /^Its shapes differ, and at most 63 values/);
  });
});

describe('correlation', () => {
  it('is that of the finite values', () => {
    const sums = noSums();
    addValues(
      sums,
      Float64Array.of(-Infinity, -Infinity, 1, 2, 4, NaN),
      Float64Array.of(-Infinity, -Infinity, 3, 5, 9, 1),
    );
    assert.ok(Math.abs(correlationOf(sums)! - 1) < 1e-12, `${correlationOf(sums)}`);
  });
});
