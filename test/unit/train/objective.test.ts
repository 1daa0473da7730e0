import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { objectives } from '../../../src/core/train/objective';
import { imageDataset, tableDataset } from './datasets';

const oneHot = (classes: number[], size = 3): Float32Array =>
  Float32Array.from(classes.flatMap((c) => Array.from({ length: size }, (_, i) => +(i === c))));

describe('metrics of a classification', () => {
  const dataset = imageDataset();
  // Class -1 has no place: its target is a row of zeros.
  const truths = [0, 0, 0, 0, 1, 1, 2, -1];
  const answers = [0, 0, 0, 1, 1, 2, 2, 0];
  const measure = objectives.classification.measure(dataset);
  measure.add(oneHot(answers), oneHot(truths), new Float32Array(), truths.length);
  const metrics = measure.result();

  it('count a class that training never saw as wrong, whatever the answer', () => {
    assert.equal(metrics.error, 3 / 8);
    assert.deepEqual(metrics.confusion, {
      truths: ['left', 'middle', 'right', 'never in training'],
      answers: ['left', 'middle', 'right'],
      counts: [
        [3, 1, 0],
        [0, 1, 1],
        [0, 0, 1],
        [1, 0, 0],
      ],
    });
  });

  it('give the mean of the F1 scores of the classes, beside that of the most frequent class', () => {
    // 2TP / (truths + answers): left 6/8, middle 2/4, right 2/3.
    assert.ok(Math.abs(metrics.macroF1! - (6 / 8 + 2 / 4 + 2 / 3) / 3) < 1e-12);
    assert.equal(metrics.baselineError, 1 / 2);
    // Always left: precision 1/2, recall 1 for it, nothing for the others.
    assert.ok(Math.abs(metrics.baselineF1! - (2 * 0.5) / 1.5 / 3) < 1e-12);
  });

  it('leave the matrix out where nobody could read it', () => {
    const many = objectives.classification.measure({ ...dataset, targetSize: 100 });
    many.add(oneHot([5], 100), oneHot([5], 100), new Float32Array(), 1);
    assert.equal(many.result().confusion, undefined);
    assert.equal(many.result().error, 0);
  });
});

describe('metrics of a regression', () => {
  it('are in the unit of the target, beside those of its mean', () => {
    const measure = objectives.regression.measure(tableDataset());
    measure.add(Float32Array.of(1, -1, 0), Float32Array.of(1, -1, 3), new Float32Array(), 3);
    const { rmse, r2, baselineRmse } = measure.result();
    // One standard unit is 2; the errors are 0, 0, 3 and the distances to the mean 0, 2, 2.
    assert.ok(Math.abs(rmse! - 2 * Math.sqrt(9 / 3)) < 1e-12);
    assert.ok(Math.abs(baselineRmse! - 2 * Math.sqrt(8 / 3)) < 1e-12);
    assert.ok(Math.abs(r2! - (1 - 9 / 8)) < 1e-12);
  });
});
