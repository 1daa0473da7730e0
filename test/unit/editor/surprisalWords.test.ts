import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { linesOf } from '../../../src/core/program/costs/ranges';
import { followedEncoding } from '../../../src/views/documentEncoding';
import { createSurprisalWords, shadedStretches } from '../../../src/views/surprisalWords';

/** A measure that counts which bytes are asked for the context that predicted them. */
function measured(text: string) {
  const data = new TextEncoder().encode(text);
  const asked = { bytes: 0 };
  const best = new Proxy(new Uint8Array(data.length), {
    get: (bytes, key) => {
      asked.bytes++;
      return Reflect.get(bytes, key) as unknown;
    },
  });
  const words = createSurprisalWords({
    file: 'one-line.json',
    data,
    size: data.length,
    costs: new Float32Array(data.length).fill(1),
    best,
    contexts: ['the last byte'],
    partition: linesOf(data),
  });
  return { words, asked, length: data.length };
}

describe('surprisal of a line of 4 MB', () => {
  const { words, asked, length } = measured(`[${'{"a": 1234},'.repeat(350_000)}null]`);
  it('is split into words only around what is looked at, and once', () => {
    const stretch = { row: 0, start: 2_000_000, end: 2_001_000 };
    const first = words.within(stretch);
    assert.ok(first.length > 300 && first.length < 1000, `${first.length} words`);
    assert.ok(first[0].start <= stretch.start && first[0].end > stretch.start);
    assert.ok(asked.bytes < 20_000, `${asked.bytes} bytes were looked at`);
    const { bytes } = asked;
    assert.deepEqual(words.within(stretch), first);
    assert.equal(asked.bytes, bytes);
  });
  it('is summed up whole, and told at one column', () => {
    assert.equal(words.line(0).bits, length);
    const [word, ...others] = words.within({ row: 0, start: 12_005, end: 12_006 });
    assert.deepEqual(others, []);
    assert.ok(word.start <= 12_005 && 12_005 < word.end);
  });
});

describe('placeOf', () => {
  it('gives the row and the column of a byte, whatever its characters take', () => {
    const text = '日本,x\nab😀c\n';
    const { words } = measured(text);
    const bytes = (end: number): number => new TextEncoder().encode(text.slice(0, end)).length;
    const places = [0, 2, 5, 7, 10].map((end) => words.placeOf(bytes(end)));
    assert.deepEqual(
      places.map(({ line, character }) => [line, character]),
      [
        [0, 0],
        [0, 2],
        [1, 0],
        [1, 2],
        [1, 5],
      ],
    );
  });
  it('gives the end of the file behind its last line', () => {
    assert.deepEqual(measured('ab\ncd').words.placeOf(5), { line: 1, character: 2 });
    assert.deepEqual(measured('ab\n').words.placeOf(3), { line: 1, character: 0 });
  });
});

describe('followedEncoding', () => {
  it('knows in which encodings of VS Code bytes can be laid over characters', () => {
    const names = ['utf8bom', 'utf16be', 'windows1252', 'shiftjis'];
    assert.deepEqual(names.map(followedEncoding), ['utf8', 'utf16be', 'bytes', undefined]);
  });
});

describe('shadedStretches', () => {
  const range = (line: number, character: number, lastLine: number, lastCharacter: number) => ({
    start: { line, character },
    end: { line: lastLine, character: lastCharacter },
  });
  const columns = (stretches: { start: number; end: number }[]): number =>
    stretches.reduce((sum, { start, end }) => sum + end - start, 0);

  it('takes the visible rows whole, and 60 rows on either side', () => {
    const stretches = shadedStretches([range(100, 0, 139, 80)], 1000, () => 80);
    assert.deepEqual(stretches[0], { row: 100, start: 0, end: 80 });
    const rows = stretches.map(({ row }) => row).sort((a, b) => a - b);
    assert.deepEqual([rows.length, rows[0], rows.at(-1)], [160, 40, 199]);
  });
  it('takes of a wrapped line what is visible, with a margin', () => {
    const [only, ...more] = shadedStretches([range(0, 50_000, 0, 54_000)], 1, () => 4_000_000);
    assert.deepEqual([only, more], [{ row: 0, start: 49_000, end: 55_000 }, []]);
  });
  it('takes the beginning of a long line that is not wrapped', () => {
    const [only] = shadedStretches([range(0, 0, 0, 4_000_000)], 1, () => 4_000_000);
    assert.deepEqual(only, { row: 0, start: 0, end: 10_000 });
  });
  it('shares what there is room for among many long lines', () => {
    const stretches = shadedStretches([range(0, 0, 49, 30_000)], 1000, () => 30_000);
    assert.equal(stretches.length, 50);
    assert.ok(columns(stretches) <= 30_000 && stretches.every(({ end }) => end === 600));
  });
  it('takes as many rows of the margin as there is room for, the nearest first', () => {
    const stretches = shadedStretches([range(500, 0, 509, 1000)], 1000, () => 1000);
    const rows = stretches.map(({ row }) => row);
    assert.equal(columns(stretches), 30_000);
    assert.deepEqual([Math.min(...rows), Math.max(...rows)], [490, 519]);
  });
});
