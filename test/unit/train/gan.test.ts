import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { chooseArchitecture } from '../../../src/core/train/architectures/architectures';
import { evaluateOnnx, exportOnnx } from '../../../src/core/train/export';
import { initialize } from '../../../src/core/train/layers/layers';
import { train, type TrainEvent, type TrainResult } from '../../../src/core/train/loop';
import type { Architecture, Model } from '../../../src/core/train/model';
import type { TrainOptions } from '../../../src/core/train/options';
import { symmetricEigen } from '../../../src/core/train/eigen';
import { frechetDistance } from '../../../src/core/train/frechet';
import { collapseOf, entropy, trainJudge } from '../../../src/core/train/quality';
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

async function judgeOf(): Promise<Model> {
  const run = trainJudge(images, { threads: 1 })!;
  for (;;) {
    const next = await run.next();
    if (next.done) return next.value.model;
  }
}

const judging = judgeOf();

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
    const checkpoints = events.flatMap((event) =>
      event.type === 'checkpoint' ? [event.bytes] : [],
    );
    // After the last one nothing is left to train.
    for (const resume of [checkpoints[0], checkpoints.at(-1)!]) {
      assert.deepEqual((await finish({ resume })).result, result);
    }
  });

  it('leaves checkpoints within an epoch, where it is stopped too, and goes on from them as if nothing had happened', async () => {
    const options = { checkpointSteps: 2 };
    const { result } = await finish(options);
    const run = train(initialize(small, 1), images, { ...quick, ...options });
    const kept: Uint8Array[] = [];
    let points = 0;
    let next = await run.next();
    while (!next.done) {
      const { type } = next.value;
      if (next.value.type === 'checkpoint') kept.push(next.value.bytes.slice());
      next = await run.next(type === 'point' && ++points === 3 ? 'stop' : undefined);
    }
    assert.deepEqual([next.value.ended, kept.length], ['stopped', 2]);
    for (const resume of kept) {
      assert.deepEqual((await finish({ ...options, resume })).result, result);
    }
  });

  it('counts the steps of an epoch in which it is stopped, and tells their loss', async () => {
    const run = train(initialize(small, 1), images, quick);
    const losses: number[] = [];
    let next = await run.next();
    while (!next.done) {
      if (next.value.type === 'point') losses.push(next.value.loss);
      next = await run.next(losses.length === 3 ? 'stop' : undefined);
    }
    const { ended, epochs, examples, trainingLoss, validation } = next.value;
    assert.deepEqual(
      { ended, epochs, examples },
      { ended: 'stopped', epochs: 0, examples: 3 * 64 },
    );
    const mean = losses.reduce((sum, loss) => sum + loss, 0) / 3;
    assert.deepEqual([losses.length, trainingLoss, validation.loss], [3, mean, mean]);
  });

  it('closes an epoch that is stopped at its last step', async () => {
    const run = train(initialize(small, 1), images, quick);
    const told: TrainEvent['type'][] = [];
    let next = await run.next();
    while (!next.done) {
      told.push(next.value.type);
      const points = told.filter((type) => type === 'point').length;
      next = await run.next(points === 6 ? 'stop' : undefined);
    }
    const { ended, epochs, examples } = next.value;
    assert.deepEqual(
      { ended, epochs, examples },
      { ended: 'stopped', epochs: 1, examples: 6 * 64 },
    );
    assert.equal(told.at(-1), 'checkpoint');
  });

  it('learns to draw what the examples look like, measured on the exported file', async () => {
    const judge = await judging;
    assert.equal(judge.architecture.name, 'lenet-5');
    const onnx = exportOnnx(initialize(small, 1));
    const before = await evaluateOnnx(onnx, images, 'test', { judge });
    const { result } = await finish({ epochs: 60, learningRate: 2e-3 });
    const after = await evaluateOnnx(exportOnnx(result.model), images, 'test', { judge });
    assert.ok(
      after.frechetDistance! < before.frechetDistance! / 2,
      `${after.frechetDistance} after, ${before.frechetDistance} before`,
    );
    assert.ok(after.sampleEntropy! >= 0 && after.sampleConfidence! > 1 / 3);
    // Three places, equally frequent.
    assert.ok(Math.abs(after.exampleEntropy! - Math.log2(3)) < 0.05);
  });

  it('draws its samples of the same noise after each epoch', async () => {
    const { events } = await finish({});
    const drawn = events.filter((event) => event.type === 'samples');
    assert.deepEqual(
      drawn.map(({ epoch }) => epoch),
      [1, 2, 3],
    );
    const size = 16 * 18;
    for (const { images: pictures, shape } of drawn) {
      assert.deepEqual(shape, [16, 18, 1]);
      assert.equal(pictures.length, 64 * size);
      assert.ok(pictures.every((pixel) => pixel >= 0 && pixel <= 1));
    }
    // With no learning nothing but the noise could change them.
    const still = await finish({ learningRate: 0 });
    const [first, second] = still.events.flatMap((event) =>
      event.type === 'samples' ? [event.images] : [],
    );
    const move = first.reduce((sum, pixel, i) => sum + Math.abs(pixel - second[i]), 0);
    assert.ok(move / first.length < 0.05, 'other noise was drawn');
  });

  it('is said to have collapsed when its samples get too few labels', async () => {
    const still = initialize(small, 1);
    for (const parameter of still.parameters) {
      if (parameter.name.startsWith('dense_2/weights')) parameter.data.fill(0);
    }
    const judge = await judging;
    const metrics = await evaluateOnnx(exportOnnx(still), images, 'test', { judge });
    assert.equal(metrics.sampleEntropy, 0);
    assert.match(
      collapseOf(metrics, 'gan')!,
      /has collapsed: the labels of its samples have an entropy of 0\.00 bits, those of the examples 1\.5\d\. Train it again with gan-batch-norm/,
    );
    assert.doesNotMatch(collapseOf(metrics, 'gan-batch-norm')!, /with gan-batch-norm/);
    assert.equal(collapseOf({ ...metrics, sampleEntropy: 1.5 }, 'gan'), undefined);
  });

  it('without a judge is not measured, and says why', async () => {
    await assert.rejects(
      evaluateOnnx(exportOnnx(initialize(small, 1)), images, 'test'),
      /measured by a classifier of labelled images, and .* has no labels: put the images into a folder for each class/,
    );
    const unlabelled = { ...images, task: { type: 'generation' } as const };
    assert.equal(trainJudge(unlabelled, { threads: 1 }), undefined);
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
      /differ 0 % as much as real images\)\. Train it again with gan-batch-norm/,
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

describe('symmetricEigen', () => {
  it('gives the eigenvalues that a matrix was made of', () => {
    const n = 40;
    const random = createRandom(5);
    const expected = Float64Array.from({ length: n }, (_, i) =>
      i % 4 === 0 ? 0 : 10 * random.normal(),
    );
    // Q D Q^T with Q = I - 2 v v^T / |v|^2 has the eigenvalues D.
    const v = Float64Array.from({ length: n }, () => random.normal());
    const norm = v.reduce((sum, x) => sum + x * x, 0);
    const q = (i: number, j: number): number => (i === j ? 1 : 0) - (2 * v[i] * v[j]) / norm;
    const matrix = Float64Array.from({ length: n * n }, (_, at) => {
      let sum = 0;
      for (let k = 0; k < n; k++) sum += q(Math.floor(at / n), k) * expected[k] * q(at % n, k);
      return sum;
    });
    const found = symmetricEigen(matrix, n).values.sort();
    expected.sort().forEach((value, i) => assert.ok(Math.abs(found[i] - value) < 1e-9));
  });
});

describe('entropy', () => {
  it('is the logarithm of the number of equally frequent labels', () => {
    assert.equal(entropy([5, 5, 5, 5]), 2);
    assert.equal(entropy([7]), 0);
  });
});
