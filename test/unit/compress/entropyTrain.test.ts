import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { addBiasRate, addWeightRate, pricesOf } from '../../../src/core/compress/entropy/rate';
import {
  fromLevels,
  narrow,
  roundLevel,
  slim,
  toLevels,
} from '../../../src/core/compress/entropy/network';
import { encode } from '../../../src/core/compress/container/container';
import { passes } from '../../../src/core/compress/passes';
import type { PassEvent, PassOptions } from '../../../src/core/compress/pass';
import type { Dataset, Examples } from '../../../src/core/data/dataset';
import { createRandom } from '../../../src/core/random';
import type { Activation, Architecture, Model } from '../../../src/core/train/model';
import { finished, lenet5, randomModel, tiny } from './models';

const options = { weightStep: 1, biasStep: 0.1 };

describe('rate', () => {
  it('charges a level more in an empty row or column than in a full one', () => {
    const levels = Float32Array.of(1, 2, -1, 1, 0, 0, 0, 0, 1, 0, 0, 0);
    const { rows, columns } = pricesOf(levels, 4);
    assert.ok(rows[0] < rows[2] && rows[2] < rows[1]);
    assert.ok(columns[0] < columns[1]);
  });

  it('pulls every level towards zero, and large ones least', () => {
    const levels = Float32Array.of(0.4, -0.4, 0, 3, -3, 0);
    const gradients = new Float32Array(6);
    addWeightRate(gradients, levels, pricesOf(levels, 3), 1);
    assert.deepEqual([...gradients].map(Math.sign), [1, -1, 0, 1, -1, 0]);
    assert.ok(gradients[0] > gradients[3]);
    const biases = new Float32Array(3);
    addBiasRate(biases, Float32Array.of(0.5, 0, -2), 1);
    assert.ok(biases[0] > 0 && biases[1] === 0 && biases[2] < 0 && biases[0] > -biases[2]);
  });

  it('agrees with the growth of an adaptive code by one more level', () => {
    const random = createRandom(3);
    const levels = Float32Array.from({ length: 4000 }, () => (random.uniform() < 0.1 ? 1 : 0));
    const length = (nonzero: number): number => {
      const p = nonzero / levels.length;
      return -nonzero * Math.log2(p) - (levels.length - nonzero) * Math.log2(1 - p) + nonzero;
    };
    const nonzero = levels.reduce((sum, level) => sum + level, 0);
    const { rows, columns, both } = pricesOf(levels, 40);
    const mean =
      rows.reduce((a, b) => a + b) / rows.length + columns.reduce((a, b) => a + b) / columns.length;
    assert.ok(Math.abs(mean + both - (length(nonzero + 1) - length(nonzero))) < 0.5);
  });
});

describe('a network of levels', () => {
  /** Asserts that so many of the first layer's units stay, and compute what all did. */
  function slimsTo(units: number, model: Model): void {
    const before = toLevels(model, { weightStep: 0.01, biasStep: 0.1 });
    const after = slim(before);
    assert.equal(after.layers[0].outputs, units);
    const inputs = Float32Array.of(0.3, -1, 2, 0.5, 1, -0.2);
    const [expected, actual] = [before, after].map((net) =>
      outputsOf(fromLevels(net, model), inputs),
    );
    expected.forEach((value, i) => assert.ok(Math.abs(value - actual[i]) < 1e-4));
  }

  it('comes back in the shapes of its model, as integers times a step', () => {
    for (const architecture of [tiny, lenet5]) {
      const model = randomModel(architecture);
      const restored = fromLevels(toLevels(model, { weightStep: 0.01, biasStep: 0.001 }), model);
      restored.parameters.forEach((parameter, t) => {
        const { name, shape, data } = model.parameters[t];
        assert.deepEqual([parameter.name, parameter.shape], [name, shape]);
        const step = parameter.encoding.type === 'quantized' ? parameter.encoding.scales[0] : 0;
        data.forEach((value, i) => {
          assert.ok(Math.abs(parameter.data[i] - value) < 0.51 * step + 1e-3 * Math.abs(value));
        });
      });
    }
  });

  it('drops units that are read by nothing without changing what it computes', () => {
    const model = randomModel(tiny);
    const outgoing = model.parameters.find(({ name }) => name === 'dense_2/weights')!;
    for (const unit of [1, 4]) outgoing.data.fill(0, unit * 3, unit * 3 + 3);
    slimsTo(6, model);
  });

  it('drops a unit that is always zero, and keeps one that its bias alone makes a constant', () => {
    const model = randomModel(tiny);
    const [incoming, biases] = model.parameters;
    // Without weights: of a bias above zero, of one below, of one that rounds to zero.
    const alone = [
      [1, 0.7],
      [4, -0.7],
      [6, 0.04],
    ];
    for (const [unit, bias] of alone) {
      for (let input = 0; input < 6; input++) incoming.data[input * 8 + unit] = 0;
      biases.data[unit] = bias;
    }
    slimsTo(6, model);
  });

  for (const [activation, kept] of [
    ['relu', 1],
    ['tanh', 2],
    ['leakyRelu', 2],
    ['linear', 2],
    ['sigmoid', 8],
  ] as [Activation, number][]) {
    it(`keeps ${kept} of 8 units of ${activation} without weights, of which two have biases`, () => {
      const architecture: Architecture = {
        ...tiny,
        layers: [{ type: 'dense', units: 8, activation }, tiny.layers[1]],
      };
      const model = randomModel(architecture);
      model.parameters[0].data.fill(0);
      model.parameters[1].data.fill(0).set([0.7, -0.7]);
      const network = slim(toLevels(model, { weightStep: 0.01, biasStep: 0.1 }));
      assert.equal(network.layers[0].outputs, kept);
    });
  }

  it('drops features that no unit reads, and puts the others back where they were', () => {
    const model = randomModel(tiny);
    model.parameters[0].data.fill(0, 8, 24);
    const network = slim(toLevels(model, { weightStep: 0.01, biasStep: 0.1 }));
    assert.deepEqual([...network.features!], [0, 3, 4, 5]);
    const restored = fromLevels(network, model).parameters[0];
    assert.ok(restored.data.subarray(8, 24).every((value) => value === 0));
  });

  it('starts from the units of the largest norm', () => {
    const network = narrow(toLevels(randomModel(lenet5), options), [4, 6, 10]);
    assert.deepEqual(
      network.layers.map(({ outputs }) => outputs),
      [4, 6, 10, 10],
    );
    assert.deepEqual(
      network.layers.map(({ inputs }) => inputs),
      [1, 4, 6, 10],
    );
  });

  it('rounds halves to even, as the engine does', () => {
    assert.deepEqual(
      [-1.5, -0.5, 0.5, 1.5, 2.5, 0.51].map(roundLevel).map(Math.abs),
      [2, 0, 0, 2, 2, 1],
    );
  });

  it('says which other passes take layers that it cannot follow', () => {
    const architecture: Architecture = {
      ...tiny,
      layers: [{ type: 'batchNorm' }, ...tiny.layers],
    };
    assert.throws(
      () => toLevels({ architecture, parameters: [] }, options),
      /takes dense, convolution and pooling layers, and mlp has others: quantize or prune it instead/,
    );
  });
});

describe('entropyTrain', () => {
  it('makes a smaller file at a higher lambda, and still tells the classes apart', async () => {
    const [small, smaller] = await Promise.all([0.05, 2].map((lambda) => train({ lambda })));
    assert.ok(smaller.bytes < small.bytes, `${smaller.bytes} is not below ${small.bytes}`);
    assert.ok(small.error < 0.1, `error ${small.error}`);
  });

  it('gives the same bytes for the same seed', async () => {
    const [first, second] = [await train({ epochs: 4 }), await train({ epochs: 4 })];
    assert.deepEqual(encode(first.model), encode(second.model));
  });

  it('trains convolutions, from a few units on, on images that move', async () => {
    const { model, error } = await train(
      { units: '3', epochs: 30, shift: 1, lambda: 0.2 },
      randomModel(convolution),
      quadrants(),
    );
    assert.ok(error < 0.1, `error ${error}`);
    const levels = model.parameters[0].encoding.type === 'quantized' ? model.parameters[0] : null;
    const used = new Set([...levels!.data.keys()].filter((i) => levels!.data[i]).map((i) => i % 6));
    assert.ok(used.size > 0 && used.size <= 3, `${used.size} of 6 filters are used`);
  });

  it('says what went wrong where a smaller network cannot be compiled', async () => {
    const dataset = stripes();
    const { validation } = dataset.splits;
    let measured = 0;
    const failing: Dataset = {
      ...dataset,
      // Read next when units have left, and the network is compiled again.
      get targetSize(): number {
        if (measured === 4) throw new Error('out of memory');
        return dataset.targetSize;
      },
      splits: {
        ...dataset.splits,
        validation: {
          ...validation,
          read(...given) {
            measured++;
            validation.read(...given);
          },
        },
      },
    };
    const training = train({ lambda: 20 }, randomModel(tiny), failing);
    await assert.rejects(training, /out of memory/);
  });

  const wrong: { case: string; options: PassOptions; dataset?: Dataset; message: RegExp }[] = [
    { case: 'no dataset', options: {}, message: /needs a dataset with classes to train on/ },
    {
      case: 'a batch larger than the training split',
      options: { batchSize: 4096 },
      dataset: stripes(),
      message: /stripes has 512 training examples, and a batch takes 4096/,
    },
    {
      case: 'units that are no numbers',
      options: { units: 'many' },
      dataset: stripes(),
      message: /units is "many": expected one whole number for each hidden layer, as "8,16,50"/,
    },
  ];
  for (const row of wrong) {
    it(`refuses ${row.case}`, async () => {
      const pass = passes.entropyTrain.run(randomModel(tiny), row.options, {
        dataset: row.dataset,
        seed: 1,
        threads: 1,
      });
      await assert.rejects(async () => pass.next(), row.message);
    });
  }
});

async function train(
  options: PassOptions,
  model: Model = randomModel(tiny),
  dataset: Dataset = stripes(),
): Promise<{ model: Model; bytes: number; error: number }> {
  const events: PassEvent[] = [];
  const pass = passes.entropyTrain.run(
    model,
    { epochs: 20, batchSize: 32, learningRate: 0.05, shift: 0, ...options },
    { dataset, seed: 3, threads: 1 },
  );
  const trained = await finished(pass, (event) => events.push(event));
  const last = events.filter(({ type }) => type === 'point').at(-1);
  const error = last?.type === 'point' ? last.error! : 1;
  return { model: trained, bytes: encode(trained).length, error };
}

const convolution: Architecture = {
  name: 'small',
  inputShape: [10, 10, 1],
  task: 'classification',
  layers: [
    { type: 'conv2d', filters: 6, kernel: 3, padding: 'valid', activation: 'relu' },
    { type: 'maxPool2d', size: 2 },
    { type: 'flatten' },
    { type: 'dense', units: 4, activation: 'softmax' },
  ],
};

/** Noisy images of 10 x 10 pixels, one quarter of which is bright. */
function quadrants(): Dataset {
  const examples = (count: number, seed: number): Examples => {
    const random = createRandom(seed);
    const classes = Array.from({ length: count }, () => random.integer(4));
    const pixels = Float32Array.from({ length: count * 100 }, (_, i) => {
      const place = i % 100;
      const bright = (place % 10 > 4 ? 1 : 0) + (place >= 50 ? 2 : 0);
      return random.uniform() * 0.5 + (classes[Math.floor(i / 100)] === bright ? 0.5 : 0);
    });
    return {
      count,
      read(indices, into, targets) {
        targets.fill(0);
        indices.forEach((index, row) => {
          into.set(pixels.subarray(index * 100, index * 100 + 100), row * 100);
          targets[row * 4 + classes[index]] = 1;
        });
      },
    };
  };
  return {
    ...stripes(),
    name: 'quadrants',
    task: { type: 'classification', target: 'quarter', classes: ['0', '1', '2', '3'] },
    inputShape: [10, 10, 1],
    targetSize: 4,
    splits: { training: examples(512, 1), validation: examples(256, 2), test: examples(256, 3) },
  };
}

/** Six features, of which two decide among three classes. */
function stripes(): Dataset {
  const examples = (count: number, seed: number): Examples => {
    const random = createRandom(seed);
    const inputs = Float32Array.from({ length: count * 6 }, random.normal);
    const classes = Array.from({ length: count }, (_, i) =>
      inputs[i * 6] > 0 ? 0 : inputs[i * 6 + 1] > 0 ? 1 : 2,
    );
    return {
      count,
      read(indices, into, targets) {
        targets.fill(0);
        indices.forEach((index, row) => {
          into.set(inputs.subarray(index * 6, index * 6 + 6), row * 6);
          targets[row * 3 + classes[index]] = 1;
        });
      },
    };
  };
  return {
    name: 'stripes',
    files: [],
    task: { type: 'classification', target: 'class', classes: ['a', 'b', 'c'] },
    inputShape: [6],
    targetSize: 3,
    splits: { training: examples(512, 1), validation: examples(256, 2), test: examples(256, 3) },
    preprocessing: { type: 'table', columns: [] },
    notes: [],
  };
}

/** The logits of the tiny network, written out. */
function outputsOf({ parameters }: Model, inputs: Float32Array): Float32Array {
  const [w1, b1, w2, b2] = parameters.map(({ data }) => data);
  const hidden = b1.map((bias, n) =>
    Math.max(
      0,
      inputs.reduce((sum, x, i) => sum + x * w1[i * 8 + n], bias),
    ),
  );
  return b2.map((bias, n) => hidden.reduce((sum, h, i) => sum + h * w2[i * 3 + n], bias));
}
