import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createRandom } from '../../../src/core/random';
import { decimate } from '../../../webview/charts/decimate';

describe('decimate', () => {
  const count = 100_000;
  const random = createRandom(3);
  const steps = Float64Array.from({ length: count }, (_, i) => i + 1);
  const values = Array.from({ length: count }, () => random.normal());
  values[54_321] = 99;
  values[77_777] = -99;

  it('keeps every spike of 100,000 points in a few thousand', () => {
    const { step, value } = decimate(steps, values, 500);
    assert.ok(step.length <= 2000, String(step.length));
    assert.ok(value.includes(99) && value.includes(-99));
    assert.equal(step[0], 1);
    assert.equal(step.at(-1), count);
  });

  it('keeps the steps ascending without repeating one', () => {
    const { step } = decimate(steps, values, 500);
    for (let i = 1; i < step.length; i++) assert.ok(step[i] > step[i - 1]);
  });

  it('returns a short curve as it is', () => {
    assert.deepEqual(decimate([1, 2, 3], [5, 4, 6], 100), { step: [1, 2, 3], value: [5, 4, 6] });
  });

  it('leaves out what is missing or not a number', () => {
    assert.deepEqual(decimate([1, 2, 3, 4], [null, NaN, 6, Infinity], 10), {
      step: [3],
      value: [6],
    });
  });

  it('shows a zoomed range at full detail with one point beyond each end', () => {
    const { step } = decimate(steps, values, 500, 1000, 1010);
    assert.equal(step[0], 999);
    assert.ok(step.length >= 11 && step.length <= 14);
  });
});
