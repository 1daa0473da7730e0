import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { describeDataset } from '../../../src/core/data/collect';
import { temporaryFolder } from '../../fixtures/temporaryFolder';
import { collected, readSplit } from './collected';

const text = 'the quick brown fox jumps over the lazy dog. '.repeat(100);

describe('symbols', () => {
  it('reads a text as windows of bytes, each followed by the next byte', async (t) => {
    const path = join(temporaryFolder(t, { 'a.txt': text }), 'a.txt');
    const dataset = await collected(path);
    assert.deepEqual(dataset.inputShape, [64]);
    // 28 different characters, and one symbol for all others.
    assert.deepEqual(dataset.task, { type: 'nextSymbol', symbols: 29 });
    assert.equal(dataset.preprocessing.type, 'symbols');
    const bytes = dataset.preprocessing.type === 'symbols' ? dataset.preprocessing.bytes : [];
    const { inputs, targets, count } = readSplit(dataset, 'training');
    const spell = (symbols: Float32Array): string =>
      String.fromCharCode(...[...symbols].map((symbol) => bytes[symbol]));
    assert.equal(spell(inputs), text.slice(0, count * 64));
    assert.equal(spell(targets), text.slice(1, count * 64 + 1));
  });

  it('holds out the end for test, which training never reads', async (t) => {
    const path = join(temporaryFolder(t, { 'a.txt': text + 'Z'.repeat(700) }), 'a.txt');
    const dataset = await collected(path, { testShare: 0.1 });
    const { inputs } = readSplit(dataset, 'test');
    const [other] = inputs.slice(-1);
    assert.equal(other, dataset.task.type === 'nextSymbol' && dataset.task.symbols - 1);
    assert.ok(
      dataset.notes.some((note) =>
        /^520 bytes of the test part never occur in training/.test(note),
      ),
      dataset.notes.join('\n'),
    );
  });

  it('reads bytes that are not text', async (t) => {
    const bytes = Uint8Array.from({ length: 5000 }, (_, i) => (i * 89) & 255);
    const path = join(temporaryFolder(t, { 'a.bin': bytes }), 'a.bin');
    const dataset = await collected(path);
    assert.deepEqual(dataset.task, { type: 'nextSymbol', symbols: 256 });
    assert.equal((await describeDataset(path)).kind, 'symbols');
  });

  it('reads the same where the file lies as from memory', async (t) => {
    const path = join(temporaryFolder(t, { 'a.txt': text }), 'a.txt');
    const [a, b] = [await collected(path), await collected(path, { memoryBytes: 100 })];
    for (const split of ['training', 'validation', 'test'] as const) {
      assert.deepEqual(readSplit(a, split), readSplit(b, split));
    }
    await b.close!();
  });
});
