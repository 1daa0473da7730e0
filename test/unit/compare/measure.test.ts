import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { addValues, correlationOf, noSums } from '../../../src/core/compare/difference';
import { interleaveHalves } from '../../../src/core/compare/layouts';
import { measurePair } from '../../../src/core/compare/measure';
import type { StoredTensor } from '../../../src/core/compare/tensors';
import { createRandom } from '../../../src/core/random';
import { resultOf } from '../../../src/core/relay';

function stored(shape: number[], all: Iterable<number>, name = 'w'): StoredTensor {
  const values = Float64Array.from(all);
  return {
    name,
    dtype: 'float64',
    shape,
    parameters: values.length,
    bytes: 8 * values.length,
    integer: false,
    values: async (first, count) => values.slice(first, first + count),
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

describe('queries of a model and of llama.cpp', () => {
  const model: Float64Array = Float64Array.from({ length: 192 * 192 }, () => random.normal());
  const hub = (values = model) => stored([192, 192], values, 'layers.0.self_attn.q_proj.weight');
  const gguf = (values: Float64Array, part = 'attn_q') =>
    stored([192, 192], values, `blk.0.${part}.weight`);
  const rotated = (headRows: number) => interleaveHalves(model, [192, 192], headRows, false);

  it('are compared row by row of each head, of whatever size these are', async () => {
    for (const headRows of [64, 96, 32]) {
      const quantized = rotated(headRows).map((value) => Math.round(2 * value) / 2);
      for (const [a, b] of [
        [hub(), gguf(quantized)],
        [gguf(quantized), hub()],
      ]) {
        const measured = await resultOf(measurePair(a, b));
        assert.equal(measured.headRows, headRows);
        // A step of a half: an error of a quarter at most.
        assert.ok(measured.sums!.largest <= 0.25, `${measured.sums!.largest}`);
      }
    }
  });

  it('are left as they lie where these go together, and where no head fits', async () => {
    const same = await resultOf(measurePair(hub(), gguf(model)));
    assert.deepEqual([same.headRows, same.sums!.unequal], [undefined, 0]);
    const other = Float64Array.from(model, () => random.normal());
    const different = await resultOf(measurePair(hub(), gguf(other)));
    assert.deepEqual([different.headRows, different.axes], [undefined, undefined]);
    assert.ok(different.sums!.unequal > 0);
  });

  it('alone have another order', async () => {
    const down = await resultOf(measurePair(hub(), gguf(rotated(64), 'ffn_down')));
    assert.equal(down.headRows, undefined);
    const both = await resultOf(measurePair(hub(), hub(rotated(64))));
    assert.equal(both.headRows, undefined);
  });
});

describe('norms of a model and of llama.cpp', () => {
  const weights = Float32Array.from({ length: 64 }, () => random.normal());
  const raised = weights.map((weight) => weight + 1);
  const hub = stored([64], weights, 'model.norm.weight');

  it('are compared without the 1 that was added to all', async () => {
    for (const [a, b] of [
      [hub, stored([64], raised, 'output_norm.weight')],
      [stored([64], raised, 'output_norm.weight'), hub],
    ]) {
      const { sums, oneAdded } = await resultOf(measurePair(a, b));
      assert.deepEqual([oneAdded, sums!.unequal], [true, 0]);
    }
    const tuned = raised.map((weight, i) => (i === 3 ? weight + 0.5 : weight));
    const { sums, oneAdded } = await resultOf(
      measurePair(hub, stored([64], tuned, 'output_norm.weight')),
    );
    assert.deepEqual([oneAdded, sums!.unequal], [true, 1]);
    assert.ok(Math.abs(sums!.largest - 0.5) < 1e-6, `${sums!.largest}`);
  });

  it('are compared as they are where nothing was added, and where they are no norms', async () => {
    const same = await resultOf(measurePair(hub, stored([64], weights, 'output_norm.weight')));
    assert.deepEqual([same.oneAdded, same.sums!.unequal], [undefined, 0]);
    const other = weights.map(() => random.normal());
    const different = await resultOf(measurePair(hub, stored([64], other, 'output_norm.weight')));
    assert.deepEqual([different.oneAdded, different.sums!.unequal], [undefined, 64]);
    for (const name of ['model.other_norm.weight', 'output_norm.bias']) {
      const { sums, oneAdded } = await resultOf(measurePair(hub, stored([64], raised, name)));
      assert.deepEqual([oneAdded, sums!.unequal], [undefined, 64], name);
    }
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
