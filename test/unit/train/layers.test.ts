import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { openModel } from '../../../src/core/engine/session';
import { compileForward, compileStep } from '../../../src/core/engine/step';
import * as tf from '../../../src/core/engine/tf';
import { createRandom } from '../../../src/core/random';
import { exportOnnx } from '../../../src/core/train/export';
import {
  flopsOf,
  forward,
  inference,
  initialize,
  noiseInputs,
  placeLayers,
} from '../../../src/core/train/layers/layers';
import type { Architecture, LayerSpec } from '../../../src/core/train/model';

const batch = 5;
const image = [12, 10, 2];

const stacks: { name: string; inputShape: number[]; layers: LayerSpec[]; symbols?: number }[] = [
  {
    name: 'dense layers with every activation',
    inputShape: [7],
    layers: (['relu', 'leakyRelu', 'sigmoid', 'tanh', 'linear', 'softmax'] as const).map(
      (activation) => ({ type: 'dense', units: 6, activation }),
    ),
  },
  {
    name: 'convolutions, pooling and flatten',
    inputShape: image,
    layers: [
      { type: 'conv2d', filters: 3, kernel: 3, padding: 'same', activation: 'relu' },
      { type: 'maxPool2d', size: 2 },
      { type: 'conv2d', filters: 4, kernel: 2, padding: 'same', activation: 'linear' },
      { type: 'conv2d', filters: 4, kernel: 3, padding: 'valid', activation: 'tanh' },
      { type: 'flatten' },
      { type: 'dense', units: 3, activation: 'softmax' },
    ],
  },
  {
    name: 'pooling that drops a border, and windows of one pixel',
    inputShape: [8, 5, 2],
    layers: [
      { type: 'conv2d', filters: 3, kernel: 4, padding: 'same', activation: 'sigmoid' },
      { type: 'maxPool2d', size: 3 },
      { type: 'batchNorm' },
      { type: 'conv2d', filters: 2, kernel: 1, padding: 'valid', activation: 'leakyRelu' },
      { type: 'maxPool2d', size: 1 },
    ],
  },
  {
    name: 'a recurrent layer that sees one step',
    inputShape: [1],
    symbols: 4,
    layers: [
      { type: 'embedding', symbols: 4, units: 1 },
      { type: 'gru', units: 1 },
    ],
  },
  {
    name: 'batch normalisation, dropout and reshape',
    inputShape: [24],
    layers: [
      { type: 'dense', units: 24, activation: 'leakyRelu' },
      { type: 'batchNorm' },
      { type: 'dropout', rate: 0.5 },
      { type: 'reshape', shape: [4, 3, 2] },
      { type: 'batchNorm' },
    ],
  },
  {
    name: 'an embedding, a recurrent layer and a layer at every step',
    inputShape: [8],
    symbols: 11,
    layers: [
      { type: 'embedding', symbols: 11, units: 5 },
      { type: 'gru', units: 6 },
      { type: 'dense', units: 11, activation: 'softmax' },
    ],
  },
  {
    name: 'an embedding of columns after an amount',
    inputShape: [3],
    symbols: 6,
    layers: [
      { type: 'columnEmbedding', symbols: [6, 9], units: 4 },
      { type: 'dense', units: 3, activation: 'relu' },
    ],
  },
  {
    name: 'an embedding of all columns',
    inputShape: [2],
    symbols: 6,
    layers: [{ type: 'columnEmbedding', symbols: [6, 9], units: 4 }],
  },
];

describe('layers', () => {
  for (const { name, inputShape, layers, symbols } of stacks) {
    it(`export ${name} as the traced forward pass computes them`, async () => {
      const architecture: Architecture = { name, inputShape, layers, task: 'classification' };
      const model = initialize(architecture, 3);
      const random = createRandom(5);
      // Biases and moving averages start at constants; draw them, so that a mix-up shows.
      for (const parameter of model.parameters) {
        if (parameter.shape.length > 1) continue;
        parameter.data = parameter.data.map(() => 0.2 + random.uniform());
      }
      const placed = placeLayers(architecture);
      const traced = await compileForward({
        parameters: model.parameters,
        inputs: [{ name: 'x', shape: [batch, ...inputShape] }],
        outputs: (weights, { x }) => ({
          y: forward(placed, weights, x, inference(false)),
        }),
        threads: 1,
      });
      const x = Float32Array.from({ length: batch * tf.util.sizeFromShape(inputShape) }, () =>
        symbols ? random.integer(symbols) : random.normal(),
      );
      traced.inputs.x.set(x);
      const { y: expected } = await traced.run();
      const file = await openModel(exportOnnx(model), { threads: 1 });
      const actual = await file.run(x, [batch, ...inputShape]);
      assert.equal(actual.length, (expected as Float32Array).length);
      (expected as Float32Array).forEach((value, i) => {
        assert.ok(Math.abs(actual[i] - value) < 1e-5, `element ${i}: ${actual[i]}, not ${value}`);
      });
      // The batch of an exported file is free.
      const size = tf.util.sizeFromShape(inputShape);
      const one = await file.run(x.slice(0, size), [1, ...inputShape]);
      one.forEach((value, i) => assert.ok(Math.abs(value - actual[i]) < 1e-5));
      await traced.dispose();
      await file.dispose();
    });
  }

  for (const { name, inputShape, layers, symbols } of stacks) {
    for (const examples of [batch, 1]) {
      it(`have the gradients of finite differences in ${name}, for a batch of ${examples}`, async () => {
        const architecture: Architecture = { name, inputShape, layers, task: 'classification' };
        const { parameters } = initialize(architecture, 3);
        const placed = placeLayers(architecture);
        const averages = placed.flatMap((layer) =>
          layer.parameters.filter(({ trained }) => trained === false).map(({ role }) => role),
        );
        const random = createRandom(5);
        const shape = [examples, ...inputShape];
        const data = Float32Array.from({ length: tf.util.sizeFromShape(shape) }, () =>
          symbols ? random.integer(symbols) : random.normal(),
        );
        const output = [examples, ...placed.at(-1)!.outputShape];
        const wanted = Float32Array.from({ length: tf.util.sizeFromShape(output) }, random.normal);
        const noise = noiseInputs(placed, examples);
        const step = await compileStep({
          parameters: [
            ...parameters.map((parameter) => ({
              ...parameter,
              data: undefined,
              trained: !averages.some((role) => parameter.name.endsWith(`/${role}`)),
            })),
            // Symbols have no neighbours; of numbers the gradient reaches the input, too.
            { name: 'x', shape, trained: !symbols },
          ],
          inputs: noise,
          loss: ({ x, ...weights }, drawn) => {
            const pass = { training: true, logits: false, noise: drawn, record: () => {} };
            const y = forward(placed, weights, x, pass);
            return { loss: tf.sum(tf.mul(y, tf.tensor(wanted, output))) };
          },
          threads: 1,
        });
        for (const { name, data } of parameters) {
          // Constants are drawn, so that a mix-up shows.
          const drawn = data.every((value) => value === data[0]);
          step.parameters[name].set(drawn ? data.map(() => 0.2 + random.uniform()) : data);
        }
        step.parameters.x.set(data);
        for (const input of noise)
          step.inputs[input.name].forEach((_, i, all) => (all[i] = random.uniform()));
        await step.run();
        const gradients = Object.entries(step.gradients).map(
          ([name, gradient]) => [name, gradient.slice()] as const,
        );
        for (const [name, gradient] of gradients) {
          const weights = step.parameters[name];
          const before = weights.slice();
          const direction = before.map(() => (random.uniform() < 0.5 ? -1 : 1));
          const lossAt = async (distance: number): Promise<number> => {
            direction.forEach((side, i) => (weights[i] = before[i] + distance * side));
            return (await step.run()).loss;
          };
          // So near that hardly any maximum of a window becomes another's.
          const difference = ((await lossAt(1e-4)) - (await lossAt(-1e-4))) / 2e-4;
          weights.set(before);
          const slope = gradient.reduce((sum, value, i) => sum + value * direction[i], 0);
          assert.ok(
            Math.abs(difference - slope) < 0.01 + 0.02 * Math.abs(slope),
            `${name}: ${slope}, and finite differences ${difference}`,
          );
        }
        await step.dispose();
      });
    }
  }

  it('count the parameters and operations of LeNet-5 as its authors do', () => {
    const architecture: Architecture = {
      name: 'lenet-5',
      inputShape: [28, 28, 1],
      layers: [
        { type: 'conv2d', filters: 20, kernel: 5, padding: 'valid', activation: 'linear' },
        { type: 'maxPool2d', size: 2 },
        { type: 'conv2d', filters: 50, kernel: 5, padding: 'valid', activation: 'linear' },
        { type: 'maxPool2d', size: 2 },
        { type: 'flatten' },
        { type: 'dense', units: 500, activation: 'relu' },
        { type: 'dense', units: 10, activation: 'softmax' },
      ],
      task: 'classification',
    };
    const sizes = initialize(architecture, 1).parameters.map(({ data }) => data.length);
    assert.equal(
      sizes.reduce((a, b) => a + b),
      431_080,
    );
    // 2.293 million multiply-accumulates, and a comparison for each pooled pixel.
    const pooled = 24 * 24 * 20 + 8 * 8 * 50;
    assert.equal(flopsOf(placeLayers(architecture)), 2 * 2_293_000 + pooled);
  });

  it('draw a fresh dropout mask for every step, the same ones for the same seed', async () => {
    const placed = placeLayers({
      name: 'dropout',
      inputShape: [400],
      layers: [{ type: 'dropout', rate: 0.25 }],
      task: 'classification',
    });
    const step = await compileForward({
      parameters: [],
      inputs: [
        { name: 'x', shape: [1, 400] },
        { name: 'noise', shape: [1, 400] },
      ],
      outputs: (_parameters, { x, noise }) => ({
        y: forward(placed, {}, x, {
          training: true,
          logits: false,
          noise: { 'dropout_1/noise': noise },
          record: () => {},
        }),
      }),
      threads: 1,
    });
    step.inputs.x.fill(1);
    const draw = async (seed: number): Promise<Float32Array> => {
      const random = createRandom(seed);
      step.inputs.noise.set(Float32Array.from({ length: 400 }, random.uniform));
      return ((await step.run()).y as Float32Array).slice();
    };
    const [first, second, again] = [await draw(1), await draw(2), await draw(1)];
    await step.dispose();
    assert.notDeepEqual(first, second);
    assert.deepEqual(first, again);
    const kept = first.filter((value) => value !== 0);
    assert.ok(Math.abs(kept.length / 400 - 0.75) < 0.08);
    assert.ok(kept.every((value) => Math.abs(value - 4 / 3) < 1e-6));
  });

  for (const [name, architecture, message] of [
    [
      'a convolution that is larger than the image',
      {
        inputShape: [4, 4, 1],
        layers: [{ type: 'conv2d', filters: 1, kernel: 5, padding: 'valid', activation: 'relu' }],
      },
      /A convolution of 5 x 5 does not fit into an image of 4 x 4/,
    ],
    [
      'a dense layer on an image',
      { inputShape: [4, 4, 1], layers: [{ type: 'dense', units: 1, activation: 'relu' }] },
      /not 4 x 4 x 1: put a flatten layer before it/,
    ],
    [
      'pooling of a vector',
      { inputShape: [4], layers: [{ type: 'maxPool2d', size: 2 }] },
      /Pooling by 2 x 2 takes images of at least that size, not 4\./,
    ],
    [
      'a reshape to another size',
      { inputShape: [4], layers: [{ type: 'reshape', shape: [5] }] },
      /cannot make 5 of 4: the sizes 5 and 4 differ/,
    ],
    [
      'a convolution of a vector',
      {
        inputShape: [4],
        layers: [{ type: 'conv2d', filters: 1, kernel: 1, padding: 'same', activation: 'relu' }],
      },
      /takes images of height, width and channels, not 4\./,
    ],
    [
      'an embedding of an image',
      { inputShape: [4, 4, 1], layers: [{ type: 'embedding', symbols: 3, units: 2 }] },
      /An embedding takes a row of symbols, not 4 x 4 x 1\./,
    ],
    [
      'a recurrent layer on a vector',
      { inputShape: [4], layers: [{ type: 'gru', units: 2 }] },
      /takes a sequence of vectors, not 4\./,
    ],
  ] as [string, Pick<Architecture, 'inputShape' | 'layers'>, RegExp][]) {
    it(`refuse ${name}`, () => {
      assert.throws(() => placeLayers({ name, task: 'classification', ...architecture }), message);
    });
  }
});
