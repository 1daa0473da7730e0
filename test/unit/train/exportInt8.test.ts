import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { quantizeParameter } from '../../../src/core/compress/passes/quantize';
import { openModel } from '../../../src/core/engine/session';
import { fittingArchitectures } from '../../../src/core/train/architectures/architectures';
import { evaluateOnnx, exportOnnx } from '../../../src/core/train/export';
import { exportInt8 } from '../../../src/core/train/exportInt8';
import { initialize } from '../../../src/core/train/layers/layers';
import { train } from '../../../src/core/train/loop';
import type { Model } from '../../../src/core/train/model';
import { imageDataset, symbolDataset, tableDataset } from './datasets';

describe('exporting to 8-bit integers', () => {
  it('answers nearly what the floats answer, in every architecture with products', async () => {
    for (const dataset of [imageDataset(), tableDataset(), symbolDataset()]) {
      for (const choice of fittingArchitectures(dataset)) {
        // A generator reads noise, which the dataset has none of.
        if (choice.name.startsWith('gan')) continue;
        const model = initialize(choice.build(dataset), 1);
        const shape = [20, ...dataset.inputShape];
        const x = new Float32Array(shape.reduce((a, b) => a * b, 1));
        const y = new Float32Array(20 * dataset.targetSize);
        dataset.splits.test.read(
          Int32Array.from({ length: 20 }, (_, i) => i),
          x,
          y,
        );
        const exact = await answers(exportOnnx(model), x, shape);
        const close = await answers(await exportInt8(model, dataset), x, shape);
        const range = Math.max(...exact) - Math.min(...exact);
        exact.forEach((value, i) =>
          assert.ok(Math.abs(value - close[i]) < 0.05 * range, `${choice.name}, output ${i}`),
        );
      }
    }
  });

  it('keeps the accuracy of a trained model in a quarter of the bytes', async () => {
    const dataset = imageDataset();
    const [choice] = fittingArchitectures(dataset);
    const training = train(initialize(choice.build(dataset), 1), dataset, { epochs: 3 });
    let next = await training.next();
    while (!next.done) next = await training.next();
    const [floats, bytes] = [
      exportOnnx(next.value.model),
      await exportInt8(next.value.model, dataset),
    ];
    const [exact, close] = [
      await evaluateOnnx(floats, dataset, 'test'),
      await evaluateOnnx(bytes, dataset, 'test'),
    ];
    assert.ok(close.error! <= exact.error! + 0.02, `${close.error} after ${exact.error}`);
    assert.ok(bytes.length < floats.length / 3.5, `${bytes.length} of ${floats.length} bytes`);
  });

  it('stores the levels that a pass has chosen', async () => {
    const dataset = tableDataset();
    const model = initialize(fittingArchitectures(dataset)[0].build(dataset), 1);
    const parameters = model.parameters.map((parameter) =>
      parameter.shape.length === 1
        ? parameter
        : quantizeParameter(parameter, { bits: 4, granularity: 'tensor', scheme: 'symmetric' }),
    );
    const bytes = Buffer.from(await exportInt8({ ...model, parameters }, dataset));
    for (const { encoding } of parameters) {
      if (encoding.type !== 'quantized') continue;
      assert.ok(bytes.includes(Buffer.from(Int8Array.from(encoding.levels).buffer)));
    }
  });

  it('refuses calibration data of another shape, and a model without products', async () => {
    const [images, table] = [imageDataset(), tableDataset()];
    const model = initialize(fittingArchitectures(table)[0].build(table), 1);
    await assert.rejects(
      exportInt8(model, images),
      /calibration data made up has examples of 16 x 18 x 1, and the model reads 4: calibrate it/,
    );
    const none: Model = {
      architecture: {
        name: 'none',
        inputShape: [4],
        layers: [{ type: 'flatten' }],
        task: 'generation',
      },
      parameters: [],
    };
    await assert.rejects(
      exportInt8(none, table),
      /no dense and no convolutional layer \(flatten\)/,
    );
  });
});

async function answers(bytes: Uint8Array, x: Float32Array, shape: number[]): Promise<Float32Array> {
  const model = await openModel(bytes, { threads: 1 });
  try {
    return await model.run(x, shape);
  } finally {
    await model.dispose();
  }
}
