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

  const written = (count: number, cell: (k: number) => string): string =>
    Array.from({ length: count }, (_, k) => `${k};${cell(k)}\n`).join('');
  const rounded = (v: number, places = 6): string => Math.fround(v).toFixed(places);

  it('tells them with the fewest decimals that give the others', () => {
    const shown = (file: string) => singleDecimals(file)?.text.split('\n')[3];
    assert.equal(shown(written(99, (k) => rounded(k / 10))), '3;0.3');
    assert.equal(shown(written(99, (k) => rounded(k / 100, 5))), '3;0.03');
    assert.equal(shown(`1.123456789012\n${written(99, (k) => rounded(k / 100))}`), '2;0.02');
    // A decimal less does not pay for the function.
    assert.equal(shown(written(99, (k) => rounded(1 + k / 99999))), undefined);
  });

  it('needs many of them, nine tenths of which are such', () => {
    assert.equal(singleDecimals(written(63, (k) => rounded(k / 100))), undefined);
    assert.ok(singleDecimals(written(64, (k) => rounded(k / 100))));
    const mixed = (share: number) =>
      written(400, (k) => rounded(k / (k % 20 < 20 * share ? 100 : 777)));
    assert.equal(singleDecimals(mixed(0.8)), undefined);
    assert.ok(singleDecimals(mixed(0.95)));
  });

  it('finds them in a log, too', () => {
    const log = Array.from(
      { length: 90 },
      (_, k) => `06:55:${10 + (k % 50)} load is ${rounded(k / 100)}`,
    );
    assert.ok(restatedView(Buffer.from(`${log.join('\n')}\n`)));
  });

  it('leaves numbers alone that were no decimals', () => {
    const thirds = decimals.map((v) => (v / 3).toFixed(6)).join('\n');
    assert.equal(singleDecimals(thirds), undefined);
  });
});
