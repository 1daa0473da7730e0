import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  formatAmount,
  findingText,
  formatBits,
  formatBytes,
  formatMoment,
  formatPercent,
  formatRatio,
  formatSeconds,
  formatShape,
  formatShortBytes,
  metricText,
} from '../../../src/runs/units';

describe('units', () => {
  const rows: [string, string][] = [
    [formatBytes(1), '1 byte'],
    [formatBytes(1_066_440), '1,066,440 bytes'],
    [formatShortBytes(999), '999 B'],
    [formatShortBytes(26_100), '26.1 kB'],
    [formatShortBytes(999_999), '1.00 MB'],
    [formatPercent(0.0163), '1.63 %'],
    [formatPercent(-0.0163), '−1.63 %'],
    [formatPercent(-0.00001), '0.00 %'],
    [formatAmount(-29_654.3), '−29,650'],
    [metricText({ loss: 1, rmse: 2, r2: -0.25 }), 'RMSE 2.000, R² −0.250'],
    [formatAmount(29_654.3), '29,650'],
    [formatAmount(0.046712), '0.04671'],
    [formatRatio(39.84), '39.8x'],
    [formatRatio(1110.4), '1110x'],
    [formatSeconds(0.44), '0.4 s'],
    [formatSeconds(59.6), '1 min 00 s'],
    [formatSeconds(185), '3 min 05 s'],
    [formatSeconds(7800), '2 h 10 min'],
    [formatMoment(23.8e-6), '23.8 µs'],
    [formatMoment(0.0009996), '1.00 ms'],
    [formatMoment(0.0042), '4.20 ms'],
    [formatMoment(0.9996), '1.00 s'],
    [formatMoment(1.234), '1.23 s'],
    [formatMoment(12.34), '12 s'],
    [formatShape([784, 300]), '784 x 300'],
    [formatShape([]), 'scalar'],
  ];
  for (const [got, expected] of rows) it(`writes ${expected}`, () => assert.equal(got, expected));

  it('writes one bit as one', () => {
    assert.deepEqual([0, 0.6, 1061.4].map(formatBits), ['0 bits', '1 bit', '1,061 bits']);
  });

  it('says what a regularity saved, where that was measured', () => {
    const sentence = 'Some columns tell others.';
    assert.equal(
      findingText({ sentence, savedBytes: 1344 }),
      'Some columns tell others: 1,344 bytes saved.',
    );
    assert.equal(findingText({ sentence, savedBytes: 0 }), sentence);
  });
});
