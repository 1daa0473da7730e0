import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  architectures,
  chooseArchitecture,
  fittingArchitectures,
} from '../../../src/core/train/architectures/architectures';
import { evaluateOnnx, exportOnnx } from '../../../src/core/train/export';
import { initialize, placeLayers } from '../../../src/core/train/layers/layers';
import { train, type TrainEvent } from '../../../src/core/train/loop';
import type { Metrics } from '../../../src/core/train/model';
import type { TrainOptions } from '../../../src/core/train/options';
import type { Dataset } from '../../../src/core/data/dataset';
import { imageDataset, symbolDataset, tableDataset } from './datasets';

const [images, table, symbols] = [imageDataset(), tableDataset(), symbolDataset()];

async function testMetrics(
  name: string,
  dataset: Dataset,
  options: Partial<TrainOptions>,
): Promise<Metrics> {
  const { choice } = chooseArchitecture(name, dataset);
  const model = initialize(choice.build(dataset), 1);
  const run = train(model, dataset, { ...choice.training, ...options });
  let next = await run.next();
  while (!next.done) next = await run.next();
  return evaluateOnnx(exportOnnx(next.value.model), dataset, 'test');
}

describe('architectures', () => {
  it('are offered for the datasets that they fit, the default first', () => {
    const names = (dataset: Dataset) => fittingArchitectures(dataset).map(({ name }) => name);
    assert.deepEqual(names(images), [
      'lenet-300-100',
      'lenet-5',
      'autoencoder',
      'gan',
      'gan-batch-norm',
    ]);
    assert.deepEqual(names(table), ['mlp']);
    assert.deepEqual(names(symbols), ['next-symbol']);
  });

  it('fit together, layer by layer, and say what they are for', () => {
    for (const choice of Object.values(architectures)) {
      assert.match(choice.description, /^[A-Z].*\.$/);
      for (const dataset of [images, table, symbols]) {
        const fits = choice.fits(dataset);
        if (fits === true) placeLayers(choice.build(dataset));
        else assert.match(fits, /^[A-Z].*\.$/);
      }
    }
  });

  it('are chosen with a reason', () => {
    assert.equal(
      chooseArchitecture('auto', images).reason,
      'Chose LeNet-300-100, because the dataset holds labelled images.',
    );
  });

  it('are refused by name, with those that fit', () => {
    assert.throws(
      () => chooseArchitecture('resnet', table),
      /There is no architecture resnet: choose one of auto, lenet-300-100, lenet-5, mlp/,
    );
    assert.throws(
      () => chooseArchitecture('lenet-5', table),
      /LeNet-5 sorts images into classes\. Choose mlp\./,
    );
  });

  it('learn which symbol follows', async () => {
    const { bitsPerByte } = await testMetrics('auto', symbols, { epochs: 12, learningRate: 1e-2 });
    // The source has 0.73 bits a symbol; a uniform code has 2.58.
    assert.ok(bitsPerByte! < 1.3, `${bitsPerByte} bits`);
  });

  it('draw images again from a few numbers', async () => {
    const { rmse, baselineRmse } = await testMetrics('autoencoder', images, {
      epochs: 30,
      batchSize: 32,
    });
    assert.ok(rmse! < 0.9 * baselineRmse!, `${rmse}, the mean image ${baselineRmse}`);
  });

  it('show whole rows of examples, each above what is made of it', async () => {
    for (const [validation, columns, rows] of [
      [25, 8, 3],
      [5, 5, 1],
    ]) {
      const few = imageDataset({ training: 40, validation, test: 10 });
      const { choice } = chooseArchitecture('autoencoder', few);
      const run = train(initialize(choice.build(few), 1), few, { epochs: 1 });
      const events: TrainEvent[] = [];
      for (let next = await run.next(); !next.done; next = await run.next())
        events.push(next.value);
      const [drawn] = events.filter((event) => event.type === 'samples');
      assert.equal(drawn.columns, columns);
      assert.equal(drawn.images.length, 2 * rows * columns * 16 * 18);
    }
  });
});
