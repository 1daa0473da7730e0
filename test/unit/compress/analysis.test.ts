import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { labelLength, prequential } from '../../../src/core/compress/analysis/descriptionLength';
import { ladders, predict, rehearsals } from '../../../src/core/compress/analysis/dryRun';
import { sensitivity, type Sensitivity } from '../../../src/core/compress/analysis/sensitivity';
import { encode } from '../../../src/core/compress/container/container';
import { passes } from '../../../src/core/compress/passes';
import { factoriseDense } from '../../../src/core/compress/passes/factorise';
import type { Dataset, Examples } from '../../../src/core/data/dataset';
import { createRandom } from '../../../src/core/random';
import type { Architecture } from '../../../src/core/train/model';
import { blobs } from './blobs';
import { finished, lenet300, randomModel, tiny } from './models';

describe('dry run', () => {
  for (const pass of ['prune', 'pruneNeurons', 'factorise', 'quantize', 'share'] as const) {
    it(`tells what ${pass} would write within 3 %`, () => {
      const model = randomModel(lenet300);
      // Two rungs of each ladder: packing every one would take a minute.
      const rungs = pass === 'factorise' ? [0.8, 0.7] : [ladders[pass][1], ladders[pass][3]];
      for (const setting of rungs) {
        // A factorisation is rehearsed with vectors of chance, and written with its own.
        const apply = pass === 'factorise' ? factoriseDense : rehearsals[pass]!;
        const written = encode(apply(model, setting)).length;
        const ratio = predict(model, pass, setting) / written;
        assert.ok(Math.abs(ratio - 1) <= 0.03, `${setting}: ${ratio} of ${written}`);
      }
    });
  }

  it('tells what is left of a layer some of whose inputs and outputs are dead', () => {
    const model = randomModel(lenet300);
    const { data } = model.parameters[0];
    data.forEach((_, i) => {
      if (Math.floor(i / 300) % 3 === 0 || i % 300 > 200) data[i] = 0;
    });
    const written = encode(factoriseDense(model, 0.8)).length;
    const ratio = predict(model, 'factorise', 0.8) / written;
    assert.ok(Math.abs(ratio - 1) <= 0.03, `${ratio} of ${written}`);
  });

  it('still fits within 3 % when the pass has trained the weights on', async () => {
    const wide: Architecture = {
      ...tiny,
      layers: [
        { type: 'dense', units: 60, activation: 'relu' },
        { type: 'dense', units: 40, activation: 'relu' },
        { type: 'dense', units: 3, activation: 'softmax' },
      ],
    };
    const model = randomModel(wide);
    const context = { dataset: blobs(), seed: 1, threads: 1 };
    for (const pass of ['prune', 'pruneNeurons', 'factorise', 'quantize', 'share'] as const) {
      const { setting } = passes[pass];
      // Random weights have no few large singular values, and small layers no many distinct weights.
      const few = { factorise: [0.5], share: [16] };
      const rungs =
        pass === 'factorise' || pass === 'share' ? few[pass] : ladders[pass].slice(1, 4);
      for (const value of rungs) {
        const running = passes[pass].run(model, { [setting.name]: value, epochs: 2 }, context);
        const written = encode(await finished(running)).length;
        const ratio = predict(model, pass, value) / written;
        assert.ok(Math.abs(ratio - 1) <= 0.03, `${pass} ${value}: ${ratio} of ${written}`);
      }
    }
  });

  it('refuses to tell what only training can', () => {
    assert.throws(
      () => predict(randomModel(tiny), 'entropyTrain', 0.5),
      /known only after training/,
    );
  });
});

describe('sensitivity', () => {
  it('measures each layer alone, against the model as it is', async () => {
    const found: Sensitivity[] = [];
    for await (const one of sensitivity(randomModel(tiny), blobs(), 'prune', [0.3, 0.999]))
      found.push(one);
    assert.deepEqual(
      found.map(({ parameter, setting }) => [parameter, setting]),
      [
        ['dense_1/weights', 0.3],
        ['dense_2/weights', 0.3],
      ],
    );
    assert.ok(found[0].bytesSaved > 0);
    assert.ok(found[0].validation.error! >= 0 && found[0].baseline.error! >= 0);
  });
});

describe('description length', () => {
  it('is what the labels cost under a model, and under none', () => {
    assert.equal(labelLength(Math.LN2, 800), 100);
    assert.equal(labelLength(Math.log(4), 800), 200);
  });

  it('finds labels that follow from the inputs, and nothing in random ones', async () => {
    const uniform = (600 * Math.log2(3)) / 8;
    assert.ok((await labelBytes(blobs())) < 0.8 * uniform);
    const random = await labelBytes(shuffledLabels(blobs()));
    assert.ok(random > 0.97 * uniform);
    assert.ok(
      random <= uniform + 1 / 8 + 1e-9,
      'one bit a block at most is lost to a useless model',
    );
  });
});

async function labelBytes(dataset: Dataset): Promise<number> {
  const training = { seed: 1, threads: 1, epochs: 6, learningRate: 0.01, batchSize: 32 };
  return finished(prequential(tiny, dataset, { ...training, firstBlock: 300 }));
}

function shuffledLabels(dataset: Dataset): Dataset {
  const { training } = dataset.splits;
  const random = createRandom(9);
  const labels = Uint8Array.from({ length: training.count }, () => random.integer(3));
  const scrambled: Examples = {
    count: training.count,
    read(indices, inputs, targets) {
      training.read(indices, inputs, targets);
      targets.fill(0);
      indices.forEach((index, row) => (targets[row * 3 + labels[index]] = 1));
    },
  };
  return { ...dataset, splits: { ...dataset.splits, training: scrambled } };
}
