import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { encodeWithLedger } from '../../../src/core/compress/container/container';
import { histogramOf } from '../../../src/core/compress/analysis/histogram';
import { measureLayers } from '../../../src/core/compress/analysis/layers';
import { sparseModel, tiny } from './models';

describe('histogram', () => {
  it('counts the values that are not zero, the largest in the last bin', () => {
    const histogram = histogramOf(Float32Array.of(0, -1, -1, 0, 0.5, 1), 4);
    assert.deepEqual(histogram, { minimum: -1, maximum: 1, counts: [2, 0, 0, 2] });
  });

  it('puts equal values into one bin and knows nothing of zeros', () => {
    assert.deepEqual(histogramOf(Float32Array.of(2, 2), 3).counts, [2, 0, 0]);
    assert.deepEqual(histogramOf(new Float32Array(5), 3).counts, [0, 0, 0]);
  });
});

describe('measured layers', () => {
  it('give bytes that sum to the file without its header', () => {
    const model = sparseModel(tiny, 0.4);
    const { bytes, ledger } = encodeWithLedger(model);
    const layers = measureLayers(model, ledger);
    assert.equal(layers.length, 4);
    assert.equal(layers[0].encoding, '6-bit');
    assert.equal(
      layers[0].nonZero,
      layers[0].histogram.counts.reduce((a, b) => a + b, 0),
    );
    const sum = layers.reduce((total, layer) => total + layer.bytes, 0);
    assert.equal(sum + ledger.header, bytes.length);
  });
});
