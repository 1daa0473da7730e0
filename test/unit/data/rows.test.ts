import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { createRows } from '../../../src/core/data/rows';
import { createRandom } from '../../../src/core/random';
import { temporaryFolder } from '../../fixtures/temporaryFolder';

describe('rows', () => {
  for (const [where, memoryBytes] of [
    ['memory', 1 << 30],
    ['a cache file', 1 << 16],
  ] as const) {
    it(`gives back from ${where} what was appended, in any order`, (t) => {
      const random = createRandom(3);
      const width = 3;
      const rows = createRows({ width, cacheFolder: temporaryFolder(t), memoryBytes });
      const expected: number[] = [];
      while (expected.length < 30_000 * width) {
        const piece = Float64Array.from({ length: random.integer(4000) * width }, random.normal);
        rows.append(piece);
        expected.push(...piece);
      }
      const stored = rows.finish();
      assert.equal(stored.count, expected.length / width);
      const row = new Float64Array(width);
      for (let i = 0; i < 2000; i++) {
        const index = random.integer(stored.count);
        stored.read(index, row);
        assert.deepEqual([...row], expected.slice(index * width, (index + 1) * width));
      }
      let next = 0;
      stored.scan((block, firstRow, count) => {
        assert.equal(firstRow, next);
        for (let i = 0; i < count * width; i++) assert.equal(block[i], expected[next * width + i]);
        next += count;
      });
      assert.equal(next, stored.count);
      stored.close();
    });
  }

  it('says when the cache file cannot be written', (t) => {
    const folder = temporaryFolder(t, { file: 'not a folder' });
    const rows = createRows({ width: 1, cacheFolder: join(folder, 'file'), memoryBytes: 0 });
    assert.throws(() => rows.append(new Float64Array(10_000)), {
      name: 'KolmoError',
      message:
        /^The cache file in .* cannot be written: .* Make room on the disk, or choose another folder for the run\.$/,
    });
  });
});
