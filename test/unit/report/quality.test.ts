import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { qualityText, uselessText } from '../../../src/report/quality';
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
      'Fréchet distance 12.35, entropy of the labels 3.21 bits (examples: 3.32), confidence 91.00 %',
    ],
    ['anything else', { loss: 0.123456 }, 'loss 0.1235'],
  ];
  for (const [what, metrics, sentence] of cases) {
    it(`tells ${what} beside the trivial answer, by name`, () => {
      assert.equal(qualityText(metrics), sentence);
    });
  }
});

describe('uselessText', () => {
  for (const [what, metrics] of [
    ['classes', { loss: 1, error: 0.5, baselineError: 0.4 }],
    ['amounts', { loss: 1, rmse: 2, baselineRmse: 1.5 }],
    ['bytes', { loss: 7, bitsPerByte: 10 }],
  ] as [string, Metrics][]) {
    it(`says that a model of ${what} is worse than none, and what to change`, () => {
      assert.match(
        uselessText(metrics, 0.5)!,
        /^On the validation split the model does worse than an answer without a model: .*\. Train it for more epochs, or with another learning rate than 0\.5\.$/,
      );
    });
  }

  it('is silent about models that are better, and about those that have no trivial answer', () => {
    assert.equal(uselessText({ loss: 1, error: 0.3, baselineError: 0.4 }, 0.5), undefined);
    assert.equal(uselessText({ loss: 1, bitsPerByte: 7.9 }, 0.5), undefined);
    assert.equal(uselessText({ loss: 90, frechetDistance: 90 }, 0.5), undefined);
  });
});
