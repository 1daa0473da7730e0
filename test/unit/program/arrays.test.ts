import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { arrayTable } from '../../../src/core/program/restate/arrays';
import { createRandom } from '../../../src/core/random';
import { restored } from '../../fixtures/restored';

const writers = {
  '<f4': (view, at, v) => view.setFloat32(at, Number(v), true),
  '>f4': (view, at, v) => view.setFloat32(at, Number(v)),
  '<f8': (view, at, v) => view.setFloat64(at, Number(v), true),
  '>f8': (view, at, v) => view.setFloat64(at, Number(v)),
  '<i2': (view, at, v) => view.setInt16(at, Number(v), true),
  '>u2': (view, at, v) => view.setUint16(at, Number(v)),
  '<u4': (view, at, v) => view.setUint32(at, Number(v), true),
  '>i4': (view, at, v) => view.setInt32(at, Number(v)),
  '<i8': (view, at, v) => view.setBigInt64(at, BigInt(v), true),
  '>u8': (view, at, v) => view.setBigUint64(at, BigInt(v)),
} satisfies Record<string, (view: DataView, at: number, v: number | bigint) => void>;

function npy(
  kind: keyof typeof writers,
  order: 'True' | 'False',
  shape: number[],
  values: (number | bigint)[],
): Uint8Array {
  const header = `{'descr': '${kind}', 'fortran_order': ${order}, 'shape': (${shape.join(', ')}${shape.length < 2 ? ',' : ''}), }`;
  const padded = `${header.padEnd(117)}\n`;
  const size = Number(kind[2]);
  const view = new DataView(new ArrayBuffer(size * values.length));
  values.forEach((v, k) => writers[kind](view, k * size, v));
  return Uint8Array.from([
    ...[0x93, ...Buffer.from('NUMPY'), 1, 0, 118, 0],
    ...Buffer.from(padded),
    ...new Uint8Array(view.buffer),
  ]);
}

/** The table, once it is known to come back. */
function textFor(bytes: Uint8Array): string | undefined {
  const table = arrayTable(bytes);
  if (!table) return undefined;
  assert.deepEqual(restored(table), bytes);
  return Buffer.from(table.text).toString();
}

const rowsOf = (cells: number[], width: number): string =>
  cells.reduce((row, next, k) => `${row}${k === 0 ? '' : k % width ? ',' : '\n'}${next}`, '');

/** Rows of random steps, of small random numbers and of what counts. */
function walk(rows: number): number[] {
  const random = createRandom(3);
  let at = 5000;
  return Array.from({ length: rows }, (_, k) => [
    (at += random.integer(7) - 3),
    random.integer(900),
    k * 3,
  ]).flat();
}

describe('arrays of floats', () => {
  it('writes a table whose rows are those of a Fortran-ordered array, and gives the file back', () => {
    const bytes = npy('<f8', 'True', [3, 2], [0.5, -1.25, 3, 10, 20, 30.125]);
    assert.equal(Buffer.from(arrayTable(bytes)!.text).toString(), '0.5,10\n-1.25,20\n3,30.125');
    assert.deepEqual(restored(arrayTable(bytes)), bytes);
  });

  it('puts exponents first where some number needs one', () => {
    const bytes = npy('<f8', 'False', [2, 2], [1.5e-20, -2e22, 0, 7]);
    assert.equal(Buffer.from(arrayTable(bytes)!.text).toString(), '0.15,-42.2\n0,20.7');
    assert.deepEqual(restored(arrayTable(bytes)), bytes);
  });

  it('writes as few digits as tell single precision apart, and exponents from 15 on', () => {
    assert.equal(textFor(npy('<f4', 'False', [2], [1.5e-20, 7])), '0.15\n20.7');
    assert.equal(textFor(npy('<f8', 'False', [2], [2.5e14, 0.5])), '250000000000000\n0.5');
    assert.equal(textFor(npy('<f8', 'False', [2], [2.5e18, 0.5])), '19.25\n0.5');
  });

  it('gives back positive exponents, single precision, negative zeros and one dimension', () => {
    for (const bytes of [
      npy('<f8', 'False', [3], [1e30, 2.5e25, -0]),
      npy('<f4', 'False', [4], [0.1, -0, 3.4028235e38, 1e-45]),
      npy('<f4', 'False', [2, 1, 2], [0.1, 16777216, 1 / 3, -2]),
      npy('<f8', 'True', [2], [Number.MIN_VALUE, Number.MAX_VALUE]),
    ])
      assert.deepEqual(restored(arrayTable(bytes)), bytes);
  });

  it('leaves what is no number empty, whatever its bits are, unless there are several of them', () => {
    for (const kind of ['<f8', '>f4'] as const) {
      const bytes = npy(kind, 'False', [2, 3], [NaN, 1.5, NaN, 0.25, -Infinity, NaN]);
      assert.equal(textFor(bytes), ',1.5,\n0.25,-Infinity,');
      const sign = 128 + (kind === '<f8' ? 7 : 0);
      const one = npy(kind, 'False', [2], [NaN, 1.5]);
      one[sign] ^= 128;
      assert.equal(textFor(one), '\n3');
      bytes[sign] ^= 128;
      assert.equal(textFor(bytes), undefined);
    }
    assert.equal(textFor(npy('>f8', 'False', [3], [NaN, 1.5e-20, Infinity])), '\n0.15\nInfinity');
  });

  it('finds the fraction that floats are multiples of', () => {
    const random = createRandom(4);
    const whole = Array.from({ length: 40 }, () => random.integer(255));
    for (const [kind, denominator] of [
      ['<f8', 255],
      ['>f4', 255],
      ['<f8', 65535],
      ['<f8', 360],
      ['<f4', 7],
    ] as const) {
      const bytes = npy(
        kind,
        'False',
        [20, 2],
        whole.map((k) => k / denominator),
      );
      assert.equal(textFor(bytes), rowsOf(whole, 2));
      assert.match(arrayTable(bytes)!.sentence, new RegExp(`multiples of 1/${denominator}:`));
    }
    const holed = whole.map((k) => (k % 5 ? k / 255 : NaN));
    assert.equal(textFor(npy('<f8', 'True', [40], holed))!.split('\n')[0], '');
  });

  it('leaves other files alone', () => {
    const bytes = npy('<f8', 'False', [2], [1, 2]);
    assert.equal(arrayTable(bytes.subarray(1)), undefined);
    assert.equal(arrayTable(bytes.subarray(0, -1)), undefined);
    assert.equal(arrayTable(Uint8Array.from([...bytes, 0])), undefined);
    assert.equal(arrayTable(npy('<f8', 'False', [0, 3], [])), undefined);
    const headed = (from: string, to: string): Uint8Array =>
      Uint8Array.from(
        Buffer.from(Buffer.from(bytes).toString('latin1').replace(from, to), 'latin1'),
      );
    assert.ok(arrayTable(headed('<f8', '>f8')));
    assert.equal(arrayTable(headed('<f8', '|f8')), undefined);
    assert.equal(arrayTable(headed('NUMPY\x01', 'NUMPY\x02')), undefined);
    assert.equal(
      arrayTable(npy('<i8', 'False', [4], [-(1n << 62n), 1n << 62n, -(1n << 61n), 7n ** 22n])),
      undefined,
    );
    assert.equal(arrayTable(new Uint8Array(0)), undefined);
  });
});

describe('arrays of integers', () => {
  for (const kind of ['<i2', '>u2', '<u4', '>i4', '<i8', '>u8', '<f4', '>f8'] as const) {
    it(`tells those columns of ${kind} in steps that are shorter so`, () => {
      const values = walk(400);
      const rows = textFor(npy(kind, 'False', [400, 3], values))!.split('\n');
      const columns = rows.map((row) => row.split(',').map(Number));
      assert.deepEqual(
        columns.slice(1).map(([, noise, step]) => [noise, step]),
        columns.slice(1).map((_, k) => [values[3 * k + 4], 3]),
      );
      assert.ok(columns.slice(1).every(([step]) => Math.abs(step) <= 3));
    });
  }

  it('tells where in the file the number of each cell and of the sign behind it is', () => {
    const placesOf = (order: 'True' | 'False'): number[][] => {
      const { text, origin } = arrayTable(npy('<i2', order, [2, 2], [12, 3, 4, 5]))!;
      const { first, bytes } = origin();
      assert.equal(bytes, 2);
      assert.equal(first.length, text.length);
      return Array.from(first, (place, k) => [text[k] - 48, (place - 128) / 2]);
    };
    const [comma, end] = [44 - 48, 10 - 48];
    const rows = [
      [1, 0],
      [2, 0],
      [comma, 0],
      [3, 1],
      [end, 1],
      [4, 2],
      [comma, 2],
      [5, 3],
    ];
    assert.deepEqual(placesOf('False'), rows);
    const columns = [
      [1, 0],
      [2, 0],
      [comma, 0],
      [4, 2],
      [end, 2],
      [3, 1],
      [comma, 1],
      [5, 3],
    ];
    assert.deepEqual(placesOf('True'), columns);
  });

  it('knows numbers without a sign, three dimensions in either order, and long headers', () => {
    assert.equal(textFor(npy('>u2', 'False', [2], [65535, 1])), '65535\n1');
    assert.equal(textFor(npy('<u4', 'False', [2], [2 ** 32 - 1, 1])), `${2 ** 32 - 1}\n1`);
    const cube = [11, 3, 907, 44, 5, 612, 71, 8];
    for (const order of ['False', 'True'] as const)
      assert.equal(textFor(npy('<i2', order, [2, 2, 2], cube))!.split('\n')[0], '11,3');
    const bytes = npy('<i2', 'False', [2], [3, 4]);
    const long = Uint8Array.from([
      ...bytes.subarray(0, 8),
      ...[118, 1],
      ...bytes.subarray(10, 127),
      ...Buffer.from(`${' '.repeat(256)}\n`),
      ...bytes.subarray(128),
    ]);
    assert.equal(textFor(long), '3\n4');
  });

  it('gives back large numbers, one column, and what wraps around', () => {
    const times = Array.from({ length: 99 }, (_, k) => (1n << 60n) + BigInt(k * 1000 + (k % 7)));
    assert.equal(textFor(npy('<i8', 'False', [99], times))!.split('\n')[1], '1001');
    const turning = Array.from({ length: 99 }, (_, k) => (k % 2 ? 65535 : 0));
    assert.ok(textFor(npy('>u2', 'True', [99], turning)));
    assert.ok(textFor(npy('>i4', 'True', [33, 3], walk(33))));
  });
});
