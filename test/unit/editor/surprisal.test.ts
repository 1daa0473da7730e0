import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { costsByLine, shadeOf } from '../../../src/views/surprisalLines';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const ones = (data: Uint8Array): Float32Array => new Float32Array(data.length).fill(1);

describe('costsByLine', () => {
  it('gives every byte of the file to exactly one line', () => {
    for (const text of ['', 'a', 'a\n', 'a,b\r\n1,2\r\n', '\ufeffä,ö\n日本\n', '\n\n']) {
      const data = bytes(text);
      const lines = costsByLine(data, ones(data));
      assert.equal(lines.length, text.split('\n').length, JSON.stringify(text));
      assert.equal(
        lines.reduce((total, line) => total + line.bits, 0),
        data.length,
        JSON.stringify(text),
      );
    }
  });
  it('counts columns as the editor does and bytes as the file does', () => {
    const data = bytes('日本 42;\r\n');
    assert.deepEqual(
      costsByLine(data, ones(data))[0].words.map(({ start, end, bits }) => [start, end, bits]),
      [
        [0, 2, 6],
        [2, 3, 1],
        [3, 5, 2],
        [5, 6, 1],
      ],
    );
  });
  it('leaves the mark at the beginning of a file out of the first word', () => {
    const data = bytes('\ufeffab');
    const [line] = costsByLine(data, ones(data));
    assert.deepEqual(line.words, [{ start: 0, end: 2, bits: 2, bytes: 2 }]);
    assert.equal(line.bits, 5);
  });
});

describe('shadeOf', () => {
  it('rises with the bits a byte', () => {
    const shades = [0, 0.3, 1, 2, 4, 8].map((bits) => shadeOf({ bits, bytes: 1 }));
    assert.deepEqual(shades, [0, 1, 2, 3, 4, 5]);
  });
});
