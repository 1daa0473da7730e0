import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { curveOf, curvePoints, partsOf } from '../../../src/core/program/costs/curve';

describe('the prequential curve', () => {
  const costs = Float32Array.of(8, 8, 4, 4, 2, 1, 1);

  it('is made of parts that hold all bytes of the file and all bits', () => {
    assert.deepEqual(partsOf(costs, 7, 3), [
      { bytes: 2, bits: 16 },
      { bytes: 2, bits: 8 },
      { bytes: 3, bits: 4 },
    ]);
    // What is predicted may be half as long as its file.
    const parts = partsOf(costs, 14, 3).map(({ bytes }) => Math.round(bytes));
    assert.deepEqual(parts, [4, 4, 6]);
  });

  it('has no more parts than there are bytes', () => {
    assert.equal(partsOf(costs, 7, curvePoints).length, 7);
    assert.deepEqual(partsOf(new Float32Array(0), 0, curvePoints), []);
  });

  it('says what the file so far cost on average', () => {
    assert.deepEqual(
      curveOf([
        { bytes: 2.4, bits: 12 },
        { bytes: 2.4, bits: 2.4 },
      ]),
      [
        { type: 'curve', bytes: 2, bitsPerByte: 5 },
        { type: 'curve', bytes: 5, bitsPerByte: 3 },
      ],
    );
  });
});
