import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { learningRateAt, type Schedule } from '../../../src/core/train/options';

const rates = (schedule: Schedule): number[] =>
  [0, 25, 50, 75, 100].map((step) => learningRateAt({ learningRate: 0.8, schedule }, step, 100));

describe('a learning rate', () => {
  it('stays, falls along half a cosine, or falls in steps', () => {
    assert.deepEqual(rates({ type: 'constant' }), [0.8, 0.8, 0.8, 0.8, 0.8]);
    const cosine = rates({ type: 'cosine' });
    const expected = [0.8, 0.4 + 0.4 * Math.SQRT1_2, 0.4, 0.4 - 0.4 * Math.SQRT1_2, 0];
    cosine.forEach((rate, i) => assert.ok(Math.abs(rate - expected[i]) < 1e-12, String(rate)));
    const stepped = rates({ type: 'step', at: [0.5, 0.75], factor: 0.5 });
    assert.deepEqual(stepped, [0.8, 0.8, 0.4, 0.2, 0.2]);
  });
});
