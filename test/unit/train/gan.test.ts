import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { chooseArchitecture } from '../../../src/core/train/architectures/architectures';
import { evaluateOnnx, exportOnnx } from '../../../src/core/train/export';
import { initialize } from '../../../src/core/train/layers/layers';
import { train, type TrainEvent, type TrainResult } from '../../../src/core/train/loop';
import type { Architecture } from '../../../src/core/train/model';
import type { TrainOptions } from '../../../src/core/train/options';
import { entropy, frechetDistance } from '../../../src/core/train/quality';
import { createRandom } from '../../../src/core/random';
import { imageDataset } from './datasets';

const images = imageDataset();
const quick: Partial<TrainOptions> = { epochs: 3, batchSize: 64, schedule: { type: 'constant' } };

/** The shape of the GAN with normalised layers, small enough for a test. */
const small: Architecture = {
  name: 'gan',
  inputShape: [8],
  layers: [
    { type: 'dense', units: 32, activation: 'leakyRelu' },
    { type: 'batchNorm' },
    { type: 'dense', units: 16 * 18, activation: 'tanh' },
    { type: 'reshape', shape: [16, 18, 1] },
  ],
  task: 'generation',
  adversary: [
    { type: 'flatten' },
    { type: 'dense', units: 32, activation: 'leakyRelu' },
    { type: 'dense', units: 1, activation: 'sigmoid' },
  ],
};

async function finish(
  options: Partial<TrainOptions> & { resume?: Uint8Array },
): Promise<{ result: TrainResult; events: TrainEvent[] }> {
  const run = train(initialize(small, 1), images, { ...quick, ...options });
  const events: TrainEvent[] = [];
  for (;;) {
    const next = await run.next();
    if (next.done) return { result: next.value, events };
    events.push(next.value);
  }
}

describe('a GAN', () => {
  it('has the layers of the essay', () => {
    const gan = chooseArchitecture('gan', images).choice.build(images);
    const units = (layers: Architecture['layers']) =>
      layers.flatMap((layer) => (layer.type === 'dense' ? [layer.units] : []));
    assert.deepEqual(gan.inputShape, [100]);
    assert.deepEqual(units(gan.layers), [128, 256, 512, 1024, 16 * 18]);
    assert.deepEqual(units(gan.adversary!), [128, 256, 512, 1024, 1]);
  });

  it('tells both losses and goes on from a checkpoint as if nothing had happened', async () => {
    const { result, events } = await finish({});
    const points = events.filter((event) => event.type === 'point');
    assert.equal(points.length, 3 * Math.ceil(330 / 64));
    assert.ok(points.every(({ loss, adversaryLoss }) => loss > 0 && adversaryLoss! > 0));
    const [first] = events.flatMap((event) => (event.type === 'checkpoint' ? [event.bytes] : []));
    const { result: rest } = await finish({ resume: first });
    assert.deepEqual(rest.model, result.model);
  });

  it('learns to draw what the examples look like, measured on the exported file', async () => {
    const before = await evaluateOnnx(exportOnnx(initialize(small, 1)), images, 'test');
    const { result } = await finish({ epochs: 60, learningRate: 2e-3 });
    const after = await evaluateOnnx(exportOnnx(result.model), images, 'test');
    assert.ok(
      after.frechetDistance! < before.frechetDistance! / 2,
      `${after.frechetDistance} after, ${before.frechetDistance} before`,
    );
    assert.ok(after.sampleEntropy! >= 0 && after.sampleConfidence! > 1 / 3);
  });

  it('warns when it draws the same image each time', async () => {
    const still = initialize(small, 1);
    for (const parameter of still.parameters) {
      if (parameter.name.startsWith('dense_2/weights')) parameter.data.fill(0);
    }
    const run = train(still, images, { ...quick, epochs: 1, learningRate: 1e-9 });
    const messages: string[] = [];
    for (let next = await run.next(); !next.done; next = await run.next()) {
      if (next.value.type === 'warning') messages.push(next.value.message);
    }
    assert.match(
      messages[0],
      /differ 0 % as much as real images\): train it again with gan-batch-norm/,
    );
  });
});

describe('frechetDistance', () => {
  const random = createRandom(3);
  const rows = (shift: number, scale: number): Float64Array[] =>
    Array.from({ length: 20_000 }, () =>
      Float64Array.from({ length: 3 }, () => shift + scale * random.normal()),
    );

  it('is zero between equal distributions', () => {
    const same = rows(1, 2);
    assert.ok(frechetDistance(same, same) < 1e-6);
  });

  it('is the distance of means and spreads of normal distributions', () => {
    // Three independent axes: (1 - 0)^2 + (2 - 1)^2 each.
    assert.ok(Math.abs(frechetDistance(rows(1, 2), rows(0, 1)) - 6) < 0.3);
  });
});

describe('entropy', () => {
  it('is the logarithm of the number of equally frequent labels', () => {
    assert.equal(entropy([5, 5, 5, 5]), 2);
    assert.equal(entropy([7]), 0);
  });
});
