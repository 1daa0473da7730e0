import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { squashTable, stretchTable } from '../../../src/core/compress/container/logistic';

describe('logistic tables', () => {
  it('agree with the exponential', () => {
    for (let i = 0; i <= 4096; i += 7) {
      const x = (24 * i) / 4096 - 12;
      assert.ok(Math.abs(squashTable[i] - 1 / (1 + Math.exp(-x))) < 1e-14, `at ${x}`);
    }
  });

  it('agree with the logarithm', () => {
    for (let i = 0; i < 4096; i += 7) {
      const p = (i + 0.5) / 4096;
      assert.ok(Math.abs(stretchTable[i] - Math.log(p / (1 - p))) < 1e-12, `at ${p}`);
    }
  });
});
