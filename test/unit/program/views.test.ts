import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { viewsOf } from '../../../src/core/program/restate/views';
import { smallFile } from '../../../src/core/program/sizes';
import { npyFloats, wave } from '../../fixtures/media';

const latin = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'latin1'));

/** Of each view what it is, and whether it is the file itself. */
const told = (bytes: Uint8Array, effort: 'fast' | 'balanced' = 'balanced') =>
  viewsOf(bytes, effort).map(({ text, syntax, restore }) => {
    assert.equal(restore === undefined, text === bytes);
    return restore === undefined ? 'file' : syntax?.type;
  });

describe('views of a file', () => {
  it('are the file alone where nothing restates it', () => {
    assert.deepEqual(told(latin('nothing to be found here')), ['file']);
    assert.deepEqual(told(new Uint8Array(0)), ['file']);
  });

  it('hold a text that is restated beside its file only where that is short', () => {
    const records = (count: number): Uint8Array =>
      latin(
        JSON.stringify(Array.from({ length: count }, (_, k) => ({ id: k, name: `n${k % 7}` }))),
      );
    const [short, long] = [records(100), records(6000)];
    assert.ok(short.length < smallFile && long.length > smallFile);
    assert.deepEqual(told(short), ['file', 'table']);
    assert.deepEqual(told(long), ['table']);
  });

  it('hold the file and what its numbers are restated as, which a sample of them teaches in a hurry', () => {
    const sound = wave(
      Int32Array.from({ length: 900 }, (_, k) => k % 50),
      { bits: 16, channels: 1 },
    );
    for (const [effort, every] of [
      ['balanced', undefined],
      ['fast', 4],
    ] as const) {
      assert.deepEqual(told(sound, effort), ['file', 'residuals']);
      const { syntax } = viewsOf(sound, effort)[1];
      assert.equal(syntax?.type === 'residuals' && syntax.every, every);
    }
    assert.deepEqual(told(npyFloats(Float64Array.of(0.5, 1.25, 2.125))), ['file', 'table']);
  });
});
