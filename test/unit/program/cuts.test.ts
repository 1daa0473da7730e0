import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { cutsOf } from '../../../src/core/program/costs/cuts';

/** The parts of a line that is cut to about `size` characters. */
function partsOf(line: string, size: number): string[] {
  const bytes = Buffer.from(line, 'latin1');
  const cuts = cutsOf(bytes, { from: 0, to: bytes.length }, { size, encoding: 'bytes' });
  return [0, ...cuts].map((from, k) => line.slice(from, cuts[k]));
}

describe('the parts of a long line', () => {
  it('are none where it is shorter than two of them', () => {
    assert.deepEqual(partsOf('a'.repeat(15), 8), ['a'.repeat(15)]);
    assert.deepEqual(partsOf('a'.repeat(16), 8), ['a'.repeat(9), 'a'.repeat(7)]);
  });

  it('end behind the first of what parts most: a record, a field, a word', () => {
    const begun = '12345678';
    for (const [line, part] of [
      ['a,],},b....', 'a,],'],
      ['a,},],b....', 'a,},'],
      ['a,b};c.....', 'a,'],
      [' b}c,......', ' b}'],
      [' b;c,......', ' b;'],
      ['a b c......', 'a '],
      ['abcdefghijk', 'a'],
    ])
      assert.deepEqual(partsOf(begun + line, 8)[0], begun + part, line);
  });

  it('look no further for it than half a part', () => {
    assert.equal(partsOf('1234567812345,,,,', 8)[0], '123456781');
    assert.equal(partsOf('123456781234 ,,,,', 8)[0], '123456781');
    assert.equal(partsOf('12345678123 ,,,,,', 8)[0], '12345678123 ');
  });
});
