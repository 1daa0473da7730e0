import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { encode } from '../../../src/core/compress/container/container';
import { factoriseDense } from '../../../src/core/compress/passes/factorise';
import { removeNeurons } from '../../../src/core/compress/passes/pruneNeurons';
import { singularVectors } from '../../../src/core/compress/passes/singular';
import { layoutOf } from '../../../src/core/formats/kolmoLayout';
import { createRandom } from '../../../src/core/random';
import { exportOnnx } from '../../../src/core/train/export';
import type { Model } from '../../../src/core/train/model';
import { lenet300, lenet5, randomModel, tiny } from './models';

const shapes = (model: Model): string =>
  model.parameters
    .filter(({ shape }) => shape.length > 1)
    .map(({ shape }) => shape.join('x'))
    .join(' ');

describe('prune neurons', () => {
  it('takes rows and columns out of the architecture, its ONNX file and its packed file', () => {
    const model = randomModel(lenet300);
    const half = removeNeurons(model, 0.5);
    assert.equal(shapes(half), '784x150 150x50 50x10');
    assert.deepEqual(
      layoutOf(half.architecture)!.map(({ shape }) => shape),
      half.parameters.map(({ shape }) => shape),
    );
    assert.ok(exportOnnx(half).length < 0.52 * exportOnnx(model).length);
    assert.ok(encode(half).length < 0.52 * encode(model).length);
  });

  it('takes a channel out of every place of the feature map that a dense layer reads', () => {
    assert.equal(
      shapes(removeNeurons(randomModel(lenet5), 0.5)),
      '5x5x1x10 5x5x10x25 400x250 250x10',
    );
  });

  it('keeps the neurons with the most weight, and all their values', () => {
    const model = randomModel(tiny);
    const [weights, biases] = model.parameters;
    for (let row = 0; row < 6; row++) weights.data[row * 8 + 5] = 10 + row;
    biases.data[5] = 7;
    const one = removeNeurons(model, 0.85);
    assert.deepEqual([...one.parameters[0].data], [10, 11, 12, 13, 14, 15]);
    assert.deepEqual([...one.parameters[1].data], [7]);
    assert.deepEqual([...one.parameters[2].data], [...model.parameters[2].data.subarray(15, 18)]);
  });

  it('refuses what it does not fit', () => {
    const single: Model = {
      architecture: { ...tiny, layers: [tiny.layers[1]] },
      parameters: randomModel({ ...tiny, layers: [tiny.layers[1]] }).parameters,
    };
    assert.throws(() => removeNeurons(single, 0.5), /no hidden layer.*prune single weights/);
    assert.throws(
      () => removeNeurons(randomModel(tiny), 0.99),
      /leaves none of the 8 neurons of dense_1\/weights/,
    );
    const recurrent: Model = {
      architecture: { ...tiny, layers: [{ type: 'gru', units: 4 }] },
      parameters: [],
    };
    assert.throws(() => removeNeurons(recurrent, 0.5), /dense and convolutional layers only/);
  });
});

describe('factorise', () => {
  it('finds the singular values of a known matrix', () => {
    // diag(3, 2) turned by a rotation.
    const [c, s] = [0.8, 0.6];
    const { values } = singularVectors(Float32Array.of(3 * c, 3 * s, -2 * s, 2 * c), 2, 2);
    assert.ok(Math.abs(values[0] - 9) < 1e-5 && Math.abs(values[1] - 4) < 1e-5);
  });

  it('splits a layer of low rank into factors that multiply back to it', () => {
    const model = lowRank(3);
    const split = factoriseDense(model, 0.999999);
    assert.equal(shapes(split), '40x3 3x30 30x3');
    assert.deepEqual(split.architecture.layers[0], {
      type: 'dense',
      units: 3,
      activation: 'linear',
    });
    assert.deepEqual(
      split.parameters.map(({ name }) => name),
      layoutOf(split.architecture)!.map(({ name }) => name),
    );
    const [left, , right] = split.parameters;
    model.parameters[0].data.forEach((value, at) => {
      const [i, j] = [Math.floor(at / 30), at % 30];
      let sum = 0;
      for (let r = 0; r < 3; r++) sum += left.data[i * 3 + r] * right.data[r * 30 + j];
      assert.ok(Math.abs(sum - value) < 1e-3);
    });
  });

  it('refuses a model that would not become smaller', () => {
    assert.throws(
      () => factoriseDense(randomModel(tiny), 0.99),
      /No dense layer becomes smaller.*lower energy/,
    );
  });
});

function lowRank(rank: number): Model {
  const random = createRandom(5);
  const model = randomModel({
    ...tiny,
    inputShape: [40],
    layers: [{ type: 'dense', units: 30, activation: 'relu' }, tiny.layers[1]],
  });
  const data = model.parameters[0].data.fill(0);
  for (let r = 0; r < rank; r++) {
    const left = Float32Array.from({ length: 40 }, () => random.normal());
    const right = Float32Array.from({ length: 30 }, () => random.normal());
    data.forEach((_, at) => (data[at] += left[Math.floor(at / 30)] * right[at % 30]));
  }
  return model;
}
