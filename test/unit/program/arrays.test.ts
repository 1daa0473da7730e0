import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { decimalTable } from '../../../src/core/program/arrays';
import { restored } from '../../fixtures/restored';

function npy(kind: '<f4' | '<f8', order: 'True' | 'False', shape: number[], values: number[]) {
  const type = kind === '<f4' ? Float32Array : Float64Array;
  const header = `{'descr': '${kind}', 'fortran_order': ${order}, 'shape': (${shape.join(', ')}${shape.length < 2 ? ',' : ''}), }`;
  const padded = `${header.padEnd(117)}\n`;
  const data = new Uint8Array(type.from(values).buffer);
  return Uint8Array.from([
    ...[0x93, ...Buffer.from('NUMPY'), 1, 0, 118, 0],
    ...Buffer.from(padded),
    ...data,
  ]);
}

describe('arrays of floats', () => {
  it('writes a table whose rows are those of a Fortran-ordered array, and gives the file back', () => {
    const bytes = npy('<f8', 'True', [3, 2], [0.5, -1.25, 3, 10, 20, 30.125]);
    assert.equal(Buffer.from(decimalTable(bytes)!.text).toString(), '0.5,10\n-1.25,20\n3,30.125');
    assert.deepEqual(restored(decimalTable(bytes)), bytes);
  });

  it('puts exponents first where some number needs one', () => {
    const bytes = npy('<f8', 'False', [2, 2], [1.5e-20, -2e22, 0, 7]);
    assert.equal(Buffer.from(decimalTable(bytes)!.text).toString(), '0.15,-42.2\n0,20.7');
    assert.deepEqual(restored(decimalTable(bytes)), bytes);
  });

  it('gives back positive exponents, single precision, negative zeros and one dimension', () => {
    for (const bytes of [
      npy('<f8', 'False', [3], [1e30, 2.5e25, -0]),
      npy('<f4', 'False', [4], [0.1, -0, 3.4028235e38, 1e-45]),
      npy('<f4', 'False', [2, 1, 2], [0.1, 16777216, 1 / 3, -2]),
      npy('<f8', 'True', [2], [Number.MIN_VALUE, Number.MAX_VALUE]),
    ])
      assert.deepEqual(restored(decimalTable(bytes)), bytes);
  });

  it('leaves other files alone', () => {
    const bytes = npy('<f8', 'False', [2], [1, 2]);
    assert.equal(decimalTable(bytes.subarray(1)), undefined);
    assert.equal(decimalTable(bytes.subarray(0, -1)), undefined);
    assert.equal(decimalTable(npy('<f8', 'False', [2], [1, NaN])), undefined);
    assert.equal(decimalTable(new Uint8Array(0)), undefined);
  });
});
