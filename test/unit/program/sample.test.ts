import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { measure } from '../../../src/core/program/model/evaluate';
import { modelFor } from '../../../src/core/program/model/kinds';
import { takeSample } from '../../../src/core/program/search/sample';
import { createRandom } from '../../../src/core/random';

const model = modelFor({ type: 'bytes' });

describe('a sample', () => {
  const random = createRandom(9);
  const file = Uint8Array.from({ length: 4000 }, () => random.integer(50));

  it('is the whole of a short file, all of which counts', () => {
    const { bytes, costOf, scale } = takeSample(file, 4000);
    assert.deepEqual(bytes, file);
    assert.equal(scale, 1);
    assert.equal(costOf(model), measure(model, file));
  });

  it('is the beginning of a longer one, the second half of which counts and stands for the file', () => {
    const { bytes, costOf, scale } = takeSample(file, 1000);
    assert.deepEqual(bytes, file.subarray(0, 1000));
    assert.equal(scale, 8);
    assert.equal(costOf(model), measure(model, bytes, 500));
    // Nothing in noise is told by what came before, so half of it costs about half.
    assert.ok(Math.abs(costOf(model) / measure(model, bytes) - 0.5) < 0.1);
  });

  it('costs what it does whatever was measured before, and how often it is asked', () => {
    const { costOf } = takeSample(file, 4000);
    const images = modelFor({ type: 'image', width: 10, height: 10, header: 0, count: 40 });
    const text = modelFor({ type: 'text' });
    const models = [text, model, { ...images, sole: file[0] }, model, text];
    assert.deepEqual(
      models.map(costOf),
      models.map((each) => measure(each, file)),
    );
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
