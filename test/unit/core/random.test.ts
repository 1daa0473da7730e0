import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createRandom, shuffle } from '../../../src/core/random';

describe('random', () => {
  it('draws the same sequence from the same seed', () => {
    const [a, b] = [createRandom(7), createRandom(7)];
    for (let i = 0; i < 100; i++) assert.equal(a.uniform(), b.uniform());
  });

  it('continues from its state', () => {
    const a = createRandom(7);
    a.normal();
    const b = createRandom(a.state());
    assert.equal(a.uniform(), b.uniform());
  });

  it('draws normals of mean 0 and variance 1', () => {
    const random = createRandom(1);
    const draws = Array.from({ length: 20_000 }, () => random.normal());
    const mean = draws.reduce((sum, x) => sum + x, 0) / draws.length;
    const variance = draws.reduce((sum, x) => sum + (x - mean) ** 2, 0) / draws.length;
    assert.ok(Math.abs(mean) < 0.03, `mean ${mean}`);
    assert.ok(Math.abs(variance - 1) < 0.05, `variance ${variance}`);
  });

  it('shuffles to a permutation', () => {
    const order = Int32Array.from({ length: 50 }, (_, i) => i);
    shuffle(order, createRandom(3));
    assert.notDeepEqual(
      [...order],
      [...order].sort((a, b) => a - b),
    );
    assert.deepEqual(
      [...order].sort((a, b) => a - b),
      Array.from({ length: 50 }, (_, i) => i),
    );
  });
});
