import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { qualityText } from '../../../src/core/report/quality';
import type { Metrics } from '../../../src/core/train/model';

describe('qualityText', () => {
  const cases: [string, Metrics, string][] = [
    [
      'classes',
      { loss: 0.1, error: 0.0333, macroF1: 0.9661, baselineError: 2 / 3, baselineF1: 1 / 6 },
      'accuracy 96.67 %, macro F1 0.966 (always the most frequent class: 33.33 %, 0.167)',
    ],
    [
      'amounts',
      { loss: 0.1, rmse: 1.25, r2: 0.9, baselineRmse: 4 },
      'RMSE 1.250, R² 0.900 (always the mean: 4.000, 0.000)',
    ],
    [
      'images that are drawn again',
      { loss: 0.01, rmse: 0.1, baselineRmse: 0.25 },
      'RMSE 0.1000 (always the mean image: 0.2500)',
    ],
    ['bytes', { loss: 1, bitsPerByte: 1.4427 }, '1.443 bits per byte (as it is: 8)'],
    [
      'samples',
      {
        loss: 12,
        frechetDistance: 12.345,
        sampleEntropy: 3.21,
        exampleEntropy: 3.32,
        sampleConfidence: 0.91,
      },
      'Fréchet distance 12.35, labels of 3.21 bits (examples: 3.32), confidence 91.00 %',
    ],
    ['anything else', { loss: 0.123456 }, 'loss 0.1235'],
  ];
  for (const [what, metrics, sentence] of cases) {
    it(`tells ${what} beside the trivial answer, by name`, () => {
      assert.equal(qualityText(metrics), sentence);
    });
  }
});
