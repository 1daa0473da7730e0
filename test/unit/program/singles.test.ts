import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { restatedView } from '../../../src/core/program/restate/restated';
import { singleDecimals } from '../../../src/core/program/restate/singles';

const decimals = Array.from({ length: 200 }, (_, k) => ((k * 7919) % 100003) / 100);
const table = (extra = ''): string =>
  `a,b\n${decimals.map((v, k) => `-${Math.fround(v).toFixed(6)},${k}`).join('\n')}\n${extra}`;

describe('numbers of single precision in text', () => {
  it('writes them with as many decimals as they had, and gives the file back', () => {
    // A third cannot be told from a decimal that was cut off, so it stays.
    const file = table('0.333333,1.5\n');
    const found = singleDecimals(file)!;
    const rows = found.text.split('\n');
    assert.deepEqual(
      rows.slice(1, 4),
      decimals.slice(0, 3).map((v, k) => `-${v.toFixed(2)},${k}`),
    );
    assert.equal(rows.at(-2), '0.333333,1.5');
    const restore = new Function(`return ${found.restore}`)() as (text: string) => string;
    assert.equal(restore(found.text), file);
  });

  it('leaves files alone that would not come back', () => {
    assert.ok(restatedView(Buffer.from(table())));
    assert.equal(restatedView(Buffer.from(table('1.25,1\n'))), undefined);
    assert.equal(singleDecimals(''), undefined);
  });

  it('leaves numbers alone that were no decimals', () => {
    const thirds = decimals.map((v) => (v / 3).toFixed(6)).join('\n');
    assert.equal(singleDecimals(thirds), undefined);
  });
});
