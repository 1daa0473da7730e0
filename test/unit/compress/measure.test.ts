import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { encodeWithLedger } from '../../../src/core/compress/container/container';
import { histogramOf } from '../../../src/core/compress/analysis/histogram';
import { measureLayers } from '../../../src/core/compress/analysis/layers';
import type { Parameter } from '../../../src/core/train/model';
import { randomModel, sparseModel, tiny } from './models';

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
  it('tell what positions and values take in a code without memory', () => {
    const entropyBytes = (change: (parameter: Parameter) => void): number => {
      const model = randomModel(tiny);
      change(model.parameters[0]);
      return measureLayers(model, encodeWithLedger(model).ledger)[0].entropyBytes;
    };
    // 48 weights: one bit for each to tell whether it is zero, and 32 for each of 24.
    const half = ({ data }: Parameter): void =>
      data.forEach((_, i) => (data[i] = i % 2 ? 0 : 0.5 + (i % 4)));
    assert.equal(entropyBytes(half), (48 + 24 * 32) / 8);
    // As levels of two values: one bit for each of 24.
    const levels = (parameter: Parameter): void => {
      half(parameter);
      parameter.encoding = {
        type: 'quantized',
        bits: 4,
        scales: Float32Array.of(0.5),
        zeroPoints: Int32Array.of(0),
        levels: Int32Array.from(parameter.data, (value) => value / 0.5),
      };
    };
    assert.equal(entropyBytes(levels), (48 + 24) / 8);
  });

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
