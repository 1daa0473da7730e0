import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { singleDecimals } from '../../../src/core/program/singles';

const decimals = Array.from({ length: 200 }, (_, k) => ((k * 7919) % 100003) / 100);
const table = (extra = ''): Uint8Array =>
  Uint8Array.from(
    Buffer.from(
      `a,b\n${decimals.map((v, k) => `-${Math.fround(v).toFixed(6)},${k}`).join('\n')}\n${extra}`,
    ),
  );

describe('numbers of single precision in text', () => {
  it('writes them with as many decimals as they had, and gives the file back', () => {
    // A third cannot be told from a decimal that was cut off, so it stays.
    const bytes = table('0.333333,1.5\n');
    const found = singleDecimals(bytes)!;
    const rows = Buffer.from(found.text).toString().split('\n');
    assert.deepEqual(
      rows.slice(1, 4),
      decimals.slice(0, 3).map((v, k) => `-${v.toFixed(2)},${k}`),
    );
    assert.equal(rows.at(-2), '0.333333,1.5');
    const restore = new Function(`return ${found.restore}`)() as (text: Uint8Array) => Uint8Array;
    assert.deepEqual(restore(found.text), bytes);
  });

  it('leaves files alone that would not come back', () => {
    assert.equal(singleDecimals(table('1.25,1\n')), undefined);
    assert.equal(singleDecimals(Uint8Array.from([...table(), 0xff])), undefined);
    assert.equal(singleDecimals(new Uint8Array(0)), undefined);
  });

  it('leaves numbers alone that were no decimals', () => {
    const thirds = decimals.map((v) => (v / 3).toFixed(6)).join('\n');
    assert.equal(singleDecimals(Uint8Array.from(Buffer.from(thirds))), undefined);
  });
});
