import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { codeLengths, countBytes } from '../../../src/core/program/syntax/alphabet';

/** The fewest decisions of any tree over consecutive bytes that is `height` high, the fifth of a byte counted twice. */
function fewest(counts: number[], height = 8): number {
  if (counts.length < 2) return 0;
  if (counts.length > 2 ** height) return Infinity;
  const cuts = counts.slice(1).map((_, k) => k + 1);
  const below = cuts.map(
    (cut) => fewest(counts.slice(0, cut), height - 1) + fewest(counts.slice(cut), height - 1),
  );
  const all = counts.reduce((sum, count) => sum + count, 0);
  return Math.min(...below) + all * (height === 4 ? 2 : 1);
}

const spent = (lengths: number[], counts: Float64Array): number =>
  lengths.reduce((sum, length, byte) => sum + counts[byte] * (length + Number(length > 4)), 0);

const countsOf = (some: Record<number, number>): Float64Array => {
  const counts = new Float64Array(256);
  for (const [byte, count] of Object.entries(some)) counts[Number(byte)] = count;
  return counts;
};

describe('the tree of decisions', () => {
  it('has the fewest decisions of all that keep the bytes in their order', () => {
    const examples: Record<number, number>[] = [
      { 10: 5, 44: 30, 48: 20, 49: 20, 50: 1, 51: 1 },
      { 0: 100, 65: 1, 66: 100, 67: 1, 255: 100 },
      { 1: 1, 2: 2, 3: 4, 4: 8, 5: 16, 6: 32, 7: 64, 8: 128, 9: 256 },
    ];
    for (const some of examples) {
      const counts = countsOf(some);
      assert.equal(spent(codeLengths(counts)!, counts), fewest(Object.values(some)));
    }
  });

  it('gives each byte that occurs a leaf, and none to the others', () => {
    const text = Buffer.from('to learn is to find a shorter program, and so on: 0123456789;\n');
    const counts = countBytes(text, countBytes(Buffer.from('and WHAT was before')));
    const lengths = codeLengths(counts)!;
    lengths.forEach((length, byte) => assert.equal(length > 0, counts[byte] > 0, String(byte)));
    const filled = lengths.reduce((sum, length) => sum + (length && 2 ** -length), 0);
    assert.equal(filled, 1);
  });

  it('is no higher than eight decisions, however rare a byte is', () => {
    const counts = Float64Array.from({ length: 256 }, (_, k) => (k < 40 ? 2 ** k : 0));
    const lengths = codeLengths(counts)!;
    assert.equal(Math.max(...lengths), 8);
    assert.equal(
      lengths.reduce((sum, length) => sum + (length && 2 ** -length), 0),
      1,
    );
  });

  it('has no leaf where there is no byte', () => {
    assert.deepEqual(codeLengths(new Float64Array(256)), new Array(256).fill(0));
  });

  it('has a decision for the only byte of a file', () => {
    assert.deepEqual(codeLengths(countsOf({ 7: 12 })), [...countsOf({ 7: 1 })]);
  });

  it('is left to the bits where bytes come equally often', () => {
    assert.equal(codeLengths(new Float64Array(256).fill(9)), undefined);
  });
});
