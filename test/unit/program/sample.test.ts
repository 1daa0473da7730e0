import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { measure, tryModel } from '../../../src/core/program/model/evaluate';
import { modelFor } from '../../../src/core/program/model/kinds';
import { takeSample } from '../../../src/core/program/search/sample';
import { createRandom } from '../../../src/core/random';
import { finishedSync } from '../../fixtures/finished';

const model = modelFor({ type: 'bytes' });

describe('a sample', () => {
  const random = createRandom(9);
  const file = Uint8Array.from({ length: 4000 }, () => random.integer(50));

  it('is the whole of a short file, all of which counts', () => {
    assert.deepEqual(takeSample(file, 4000), { bytes: file, from: 0, scale: 1 });
  });

  it('is the beginning of a longer one, the second half of which counts and stands for the file', () => {
    const { bytes, from, scale } = takeSample(file, 1000);
    assert.deepEqual(bytes, file.subarray(0, 1000));
    assert.deepEqual([from, scale], [500, 8]);
    // Nothing in noise is told by what came before, so half of it costs about half.
    const half = finishedSync(tryModel({ model, bytes, from }));
    assert.ok(Math.abs(half / measure(model, bytes) - 0.5) < 0.1);
  });

  it('is made of whole records from the beginning to the end, in mixed order', () => {
    const [stride, count] = [7, 800];
    const records = Uint8Array.from({ length: stride * count }, (_, i) =>
      i % stride ? 255 : Math.floor(i / stride / 4),
    );
    const { bytes } = takeSample(records, 600, stride);
    // An eighth of 600 bytes holds ten records.
    assert.equal(bytes.length, 8 * 10 * stride);
    const numbers = [...bytes].filter((_, i) => i % stride === 0);
    assert.ok(numbers.every((number) => number < 200));
    const starts = numbers.filter((_, k) => k % 10 === 0);
    assert.deepEqual([starts[0], Math.max(...starts)], [0, Math.floor((count - 10) / 4)]);
    assert.equal(new Set(starts).size, 8);
    assert.notDeepEqual(
      starts,
      starts.toSorted((a, b) => a - b),
    );
  });
});
