import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { decode, encode } from '../../../src/core/compress/container/container';
import { passDescriptions } from '../../../src/core/compress/descriptions';
import { movementOf } from '../../../src/core/compress/passes/movement';
import { pruneWeights } from '../../../src/core/compress/passes/prune';
import { scheduledShare } from '../../../src/core/compress/passes/gradual';
import { quantizeWeights, type QuantizeSettings } from '../../../src/core/compress/passes/quantize';
import { kMeans, share as sharePass, shareWeights } from '../../../src/core/compress/passes/share';
import type { Model, Parameter } from '../../../src/core/train/model';
import { blobs } from './blobs';
import { lenet300, randomModel, tiny } from './models';

const { share } = passDescriptions;
const layer = { granularity: 'layer', keepOf: undefined } as const;

describe('prune', () => {
  it('removes the smallest weights first', () => {
    const before = weights(randomModel(tiny));
    weights(pruneWeights(randomModel(tiny), { ...layer, sparsity: 0.5 })).forEach((after, t) => {
      const { data } = before[t];
      const median = data.map(Math.abs).sort()[data.length / 2];
      data.forEach((value, i) => {
        const isKept = Math.abs(value) >= median;
        assert.deepEqual([after.mask![i], after.data[i]], isKept ? [1, value] : [0, 0]);
      });
    });
  });

  it('reaches the sparsity asked for over all layers, and spares small ones', () => {
    const model = pruneWeights(randomModel(lenet300), { ...layer, sparsity: 0.95 });
    const kept = weights(model).map(({ mask }) => mask!.reduce((sum, one) => sum + one, 0));
    const total = kept.reduce((a, b) => a + b, 0);
    assert.ok(Math.abs(total / 266_200 - 0.05) < 0.0002);
    assert.ok(Math.abs(kept[2] / 1000 - 0.125) < 0.001);
  });

  it('scores movement by -sum of weight x gradient, and removes what scores least', () => {
    const model = randomModel(tiny);
    const { scores, observe } = movementOf(model, { dataset: blobs(), seed: 1, threads: 1 });
    const views = (gradient: (i: number) => number): Parameters<typeof observe>[0] => ({
      weights: Object.fromEntries(model.parameters.map(({ name, data }) => [name, data])),
      gradients: Object.fromEntries(
        model.parameters.map(({ name, data }) => [name, data.map((_, i) => gradient(i))]),
      ),
    });
    observe(views(() => 1));
    observe(views((i) => i));
    const [first] = weights(model);
    const score = scores.get(first.name)!;
    score.forEach((value, i) => assert.ok(Math.abs(value + first.data[i] * (1 + i)) < 1e-5));
    const pruned = weights(pruneWeights(model, { ...layer, sparsity: 0.5, scores }))[0];
    const least = Math.min(...score.filter((_, i) => pruned.mask![i] === 1));
    score.forEach((value, i) => assert.equal(pruned.mask![i], value >= least ? 1 : 0));
  });

  it('takes one threshold for all layers when asked', () => {
    const model = randomModel(tiny);
    // The threshold is in units of each layer's deviation: a layer of equal weights keeps them all.
    weights(model)[1].data.fill(0.5);
    const pruned = weights(
      pruneWeights(model, { sparsity: 0.4, granularity: 'global', keepOf: undefined }),
    );
    assert.ok(pruned[1].mask!.every((one) => one === 1));
    assert.equal(
      pruned[0].mask!.reduce((a, b) => a + b, 0),
      43 - 24,
    );
  });

  it('keeps two of every four inputs when asked', () => {
    const model = pruneWeights(randomModel(lenet300), { ...layer, sparsity: 0, keepOf: [2, 4] });
    const { mask } = weights(model)[0];
    for (let row = 0; row < 784; row += 4) {
      assert.equal(
        mask![row * 300] + mask![(row + 1) * 300] + mask![(row + 2) * 300] + mask![(row + 3) * 300],
        2,
      );
    }
  });

  it('never brings back what was pruned before', () => {
    const once = pruneWeights(randomModel(tiny), { ...layer, sparsity: 0.6 });
    const twice = pruneWeights(once, { ...layer, sparsity: 0.3 });
    weights(twice).forEach(({ mask }, t) =>
      mask!.forEach((one, i) => assert.ok(one <= weights(once)[t].mask![i])),
    );
  });

  it('refuses to empty a layer', () => {
    assert.throws(
      () => pruneWeights(randomModel(tiny), { ...layer, sparsity: 0.999 }),
      /sparsity of 0.999 leaves none of the 48 weights of dense_1\/weights.*lower sparsity/,
    );
  });

  it('refuses weights that are not numbers, and models without weights', () => {
    const model = randomModel(tiny);
    model.parameters[2].data[3] = Infinity;
    assert.throws(
      () => pruneWeights(model, { ...layer, sparsity: 0.5 }),
      /dense_2\/weights holds Infinity at index 3/,
    );
    const vectors = { ...model, parameters: [model.parameters[1]] };
    assert.throws(
      () => pruneWeights(vectors, { ...layer, sparsity: 0.5 }),
      /no weight matrix.*quantize it instead/,
    );
  });

  it('prunes much at first and little at the end', () => {
    const shares = [1, 2, 3, 4].map((step) => scheduledShare(0.64, step, 4).toFixed(2));
    assert.deepEqual(shares, ['0.37', '0.56', '0.63', '0.64']);
  });
});

describe('quantize', () => {
  const settings: QuantizeSettings[] = [2, 3, 4, 6, 8].flatMap((bits) =>
    (['tensor', 'channel', 'group'] as const).flatMap((granularity) =>
      (['affine', 'symmetric'] as const).map((scheme) => ({
        bits,
        granularity,
        groupSize: 4,
        scheme,
      })),
    ),
  );
  for (const setting of settings) {
    it(`errs by at most half a step: ${setting.bits} bits, ${setting.granularity}, ${setting.scheme}`, () => {
      const model = randomModel(tiny);
      weights(quantizeWeights(model, setting)).forEach(({ data, encoding, shape }, t) => {
        assert.ok(encoding.type === 'quantized');
        const { scales, zeroPoints, levels } = encoding;
        const [rows, columns] = shape;
        const groups = Math.ceil(rows / 4);
        const counts = { tensor: 1, channel: columns, group: columns * groups };
        assert.equal(scales.length, counts[setting.granularity]);
        data.forEach((value, i) => {
          const group = setting.granularity === 'group' ? Math.floor(i / columns / 4) : 0;
          const at = setting.granularity === 'tensor' ? 0 : group * columns + (i % columns);
          const scale = scales[at];
          assert.equal(value, Math.fround(scale * (levels[i] - zeroPoints[at])));
          // The range's ends, the zero point's rounding and the half precision of the scale may cost another half.
          assert.ok(Math.abs(value - weights(model)[t].data[i]) <= scale * 1.01);
        });
      });
    });
  }

  for (const scheme of ['affine', 'symmetric'] as const) {
    it(`errs less at 3 bits, ${scheme}, when the range is fitted, and keeps pruned weights at zero`, () => {
      const model = pruneWeights(randomModel(lenet300), { ...layer, sparsity: 0.5 });
      const errors = (['full', 'fitted'] as const).map((range) => {
        const quantized = quantizeWeights(model, { bits: 3, granularity: 'tensor', scheme, range });
        return weights(quantized).map(({ data, mask }, t) => {
          mask!.forEach((one, i) => one || assert.equal(data[i], 0));
          return data.reduce((sum, value, i) => sum + (value - weights(model)[t].data[i]) ** 2, 0);
        });
      });
      errors[0].forEach((full, t) =>
        assert.ok(errors[1][t] < 0.8 * full, `${errors[1][t]}, ${full}`),
      );
    });
  }

  it('errs less the finer the scales are, and packs them', () => {
    const model = randomModel(lenet300);
    const [tensor, channel, group] = (['tensor', 'channel', 'group'] as const).map(
      (granularity) => {
        const quantized = quantizeWeights(model, {
          bits: 4,
          granularity,
          groupSize: 128,
          scheme: 'symmetric',
        });
        const decoded = decode(encode(quantized));
        decoded.parameters.forEach(({ data, encoding }, i) => {
          assert.deepEqual(data, quantized.parameters[i].data);
          assert.deepEqual(encoding, quantized.parameters[i].encoding);
        });
        return weights(quantized)[0].data.reduce(
          (sum, value, i) => sum + (value - weights(model)[0].data[i]) ** 2,
          0,
        );
      },
    );
    assert.ok(group < 0.9 * channel && channel < 0.9 * tensor, `${group}, ${channel}, ${tensor}`);
  });

  it('refuses groups that are none', () => {
    assert.throws(
      () =>
        quantizeWeights(randomModel(tiny), {
          bits: 4,
          granularity: 'group',
          groupSize: 0.5,
          scheme: 'affine',
        }),
      /A group of 0.5 weights cannot have a scale: set groupSize to a whole number/,
    );
  });

  it('leaves -1, 0 and 1 times a scale of ternary weights', () => {
    const model = quantizeWeights(randomModel(tiny), {
      bits: 2,
      granularity: 'tensor',
      scheme: 'ternary',
    });
    const values = new Set(weights(model)[0].data);
    assert.equal(values.size, 3);
  });

  it('makes zeros of ternary weights below 0.7 times the mean magnitude, and the mean of the others', () => {
    const model = randomModel(tiny);
    const { data } = weights(model)[0];
    data.forEach((_, i) => (data[i] = [0.1, -0.2, 1, -2][i % 4]));
    const settings = { bits: 2, granularity: 'tensor', scheme: 'ternary' } as const;
    const ternary = weights(quantizeWeights(model, settings))[0].data;
    assert.deepEqual([...ternary.subarray(0, 4)], [0, 0, 1.5, -1.5]);
  });

  it('keeps pruned weights at exactly zero', () => {
    const pruned = pruneWeights(randomModel(tiny), { ...layer, sparsity: 0.5 });
    const quantized = quantizeWeights(pruned, {
      bits: 4,
      granularity: 'channel',
      scheme: 'affine',
    });
    for (const { data, mask } of weights(quantized)) {
      mask!.forEach((one, i) => one || assert.equal(data[i], 0));
    }
  });

  it('makes the packed file smaller, the more so the fewer the bits', () => {
    const model = randomModel(lenet300);
    const [eight, four, two] = [8, 4, 2].map(
      (bits) =>
        encode(quantizeWeights(model, { bits, granularity: 'tensor', scheme: 'affine' })).length,
    );
    assert.ok(
      eight < 266_610 && four < eight / 1.8 && two < four / 1.5,
      `${eight}, ${four}, ${two}`,
    );
  });
});

describe('quantize for a rate', () => {
  const plain = { bits: 4, granularity: 'tensor', scheme: 'symmetric' } as const;
  // Trained weights are most of them small: cubes of normal ones are.
  const normal = randomModel(lenet300);
  const parameters = normal.parameters.map((parameter) => ({
    ...parameter,
    data: parameter.data.map((value) => value ** 3),
  }));
  const model: Model = { ...normal, parameters };
  const error = (other: Model): number =>
    weights(other).reduce(
      (sum, { data }, t) =>
        sum + data.reduce((all, value, i) => all + (value - weights(model)[t].data[i]) ** 2, 0),
      0,
    );

  it('gives fewer bytes than a coarser grid does at the same error', () => {
    const [fine, coarse, priced] = [
      quantizeWeights(model, plain),
      quantizeWeights(model, { ...plain, bits: 3 }),
      quantizeWeights(model, { ...plain, rate: 0.1 }),
    ];
    const [fineBytes, coarseBytes, pricedBytes] = [fine, coarse, priced].map(
      (quantized) => encode(quantized).length,
    );
    assert.ok(pricedBytes < 0.9 * fineBytes, `${pricedBytes} of ${fineBytes}`);
    // On the line between both grids, bytes against error in decibels.
    const share = (fineBytes - pricedBytes) / (fineBytes - coarseBytes);
    const line = (1 - share) * Math.log(error(fine)) + share * Math.log(error(coarse));
    assert.ok(Math.log(error(priced)) < line, `${Math.log(error(priced))} is not below ${line}`);
  });

  it('moves levels towards zero only, and none at a rate of 0', () => {
    const nearest = weights(quantizeWeights(model, plain));
    const priced = weights(quantizeWeights(model, { ...plain, rate: 0.1 }));
    nearest.forEach(({ data }, t) => {
      data.forEach((value, i) => {
        const moved = priced[t].data[i];
        assert.ok(Math.abs(moved) <= Math.abs(value) && moved * value >= 0);
      });
    });
    assert.deepEqual(
      encode(quantizeWeights(model, { ...plain, rate: 0 })),
      encode(quantizeWeights(model, plain)),
    );
  });

  it('leaves levels alone that are quantized already and are to stay', () => {
    const nearest = quantizeWeights(model, plain);
    const [first, ...others] = weights(nearest);
    const except = first.name;
    const [stayed, ...priced] = weights(quantizeWeights(nearest, { ...plain, rate: 0.5, except }));
    assert.deepEqual(stayed, first);
    priced.forEach(({ data }, t) => assert.notDeepEqual(data, others[t].data));
  });
});

describe('quantize weights of any size', () => {
  for (const factor of [1e-41, 1e-8, 1e8]) {
    it(`keeps what is ${factor} times as large as usual, as far as float32 reaches`, () => {
      const model = scaledModel(factor);
      for (const scheme of ['affine', 'symmetric'] as const) {
        const settings = { bits: 8, granularity: 'tensor', scheme } as const;
        weights(quantizeWeights(model, settings)).forEach(({ data }, t) => {
          const error = errorOf(data, weights(model)[t].data);
          // Between numbers of 1e-41 lies nothing that a scale could be.
          assert.ok(error < (factor < 1e-40 ? 1.01 : 0.02), `${error} of ${scheme}`);
        });
      }
    });
  }
});

describe('share', () => {
  it('leaves as many values as clusters, and packs them', () => {
    const model = shareWeights(randomModel(tiny), { ...share.defaults, clusters: 8 });
    for (const { data } of weights(model)) assert.equal(new Set(data).size <= 8, true);
    const decoded = decode(encode(model));
    decoded.parameters.forEach(({ data }, i) => assert.deepEqual(data, model.parameters[i].data));
  });

  for (const factor of [1e-8, 1e8]) {
    it(`keeps weights of ${factor} times the usual size, which halves cannot hold`, () => {
      const model = scaledModel(factor);
      const shared = shareWeights(model, { ...share.defaults, clusters: 16 });
      weights(shared).forEach(({ data }, t) => {
        assert.ok(errorOf(data, weights(model)[t].data) < 0.2);
      });
      const decoded = decode(encode(shared));
      decoded.parameters.forEach(({ data }, i) =>
        assert.deepEqual(data, shared.parameters[i].data),
      );
    });
  }

  it('gives each weight the nearest of the shared values', () => {
    const model = randomModel(tiny);
    weights(shareWeights(model, { ...share.defaults, clusters: 4 })).forEach(({ data }, t) => {
      const values = [...new Set(data)];
      weights(model)[t].data.forEach((value, i) => {
        const least = Math.min(...values.map((each) => Math.abs(each - value)));
        assert.ok(Math.abs(data[i] - value) <= least + 1e-4, `${value} became ${data[i]}`);
      });
    });
  });

  it('does not share with what was pruned', () => {
    const pruned = pruneWeights(randomModel(tiny), { ...layer, sparsity: 0.4 });
    const shared = shareWeights(pruned, { ...share.defaults, clusters: 4 });
    for (const { data, mask } of weights(shared)) {
      mask!.forEach((one, i) => assert.equal(data[i] === 0, one === 0));
    }
  });

  it('refuses more clusters than there are distinct weights', () => {
    const pruned = pruneWeights(randomModel(tiny), { ...layer, sparsity: 0.8 });
    assert.throws(
      () => shareWeights(pruned, { ...share.defaults, clusters: 32 }),
      /dense_1\/weights has 10 distinct weights, fewer than the 32 clusters.*at most 10 clusters/,
    );
  });

  it('keeps the weights of a layer that has fewer than there are clusters, and says so', async () => {
    const [first, ...others] = randomModel(tiny).parameters;
    const few = first.data.map((value) => Math.sign(value));
    const model = { ...randomModel(tiny), parameters: [{ ...first, data: few }, ...others] };
    const settings = { ...share.defaults, clusters: 8 };
    const shared = shareWeights(model, settings);
    assert.deepEqual(shared.parameters[0].data, few);
    const centroids = weights(shared).map(({ encoding }) =>
      encoding.type === 'codebook' ? encoding.centroids.length : 0,
    );
    assert.deepEqual(centroids, [2, ...centroids.slice(1).fill(8)]);
    const said: string[] = [];
    for await (const event of sharePass(model, settings, { threads: 1, seed: 1 })) {
      if (event.type === 'warning') said.push(event.message);
    }
    assert.deepEqual(said, [
      `${first.name} has 2 distinct weights, fewer than the 8 clusters asked for: it keeps each of them.`,
    ]);
  });

  it('refuses a model without weights', () => {
    const model = randomModel(tiny);
    assert.throws(
      () =>
        shareWeights(
          { ...model, parameters: [model.parameters[1]] },
          { ...share.defaults, clusters: 4 },
        ),
      /no weight matrix whose values could be shared.*quantize it instead/,
    );
  });

  it('refuses one codebook for all layers when all are to be left alone', () => {
    const model = randomModel(tiny);
    const except = weights(model)
      .map(({ name }) => name)
      .join();
    assert.throws(
      () => shareWeights(model, { ...share.defaults, clusters: 4, codebook: 'global', except }),
      {
        name: 'KolmoError',
        message: /needs weights to share it, and all of them are to be left alone/,
      },
    );
  });

  it('finds the clusters of k-means', () => {
    const values = Float32Array.of(-1.1, -1, -0.9, 0.4, 0.5, 0.6, 2);
    assert.deepEqual(
      Array.from(kMeans(values, 3, 50), (value) => Math.round(value * 100) / 100),
      [-1, 0.5, 2],
    );
  });
});

/** A model whose values are all so many times as large. */
function scaledModel(factor: number): Model {
  const model = randomModel(tiny);
  const parameters = model.parameters.map((parameter) => ({
    ...parameter,
    data: parameter.data.map((value) => factor * value),
  }));
  return { ...model, parameters };
}

/** The relative error of values; not a number where one of them is none. */
function errorOf(data: Float32Array, original: Float32Array): number {
  const norm = (values: number[]): number => Math.hypot(...values);
  return norm([...data].map((value, i) => value - original[i])) / norm([...original]);
}

function weights(model: Model): Parameter[] {
  return model.parameters.filter((parameter) => parameter.shape.length > 1);
}
