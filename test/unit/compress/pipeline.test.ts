import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import {
  compress,
  type CompressEvent,
  type PackedStage,
} from '../../../src/core/compress/compress';
import { passDescriptions } from '../../../src/core/compress/descriptions';
import { decode, encodeWithLedger } from '../../../src/core/compress/container/container';
import type { PassEvent, PassName, PassOptions } from '../../../src/core/compress/pass';
import { passes } from '../../../src/core/compress/passes';
import type { Dataset } from '../../../src/core/data/dataset';
import { evaluateOnnx, exportOnnx } from '../../../src/core/train/export';
import { train } from '../../../src/core/train/loop';
import type { Model } from '../../../src/core/train/model';
import { blobs } from './blobs';
import { finished, randomModel, tiny } from './models';

const dataset = blobs();
const context = { dataset, seed: 1, threads: 1 };
let trained: Model;

before(async () => {
  trained = (await finished(train(randomModel(tiny), dataset, { epochs: 15, learningRate: 0.01 })))
    .model;
});

describe('passes with fine-tuning', () => {
  it('keep the answers while most weights go', async () => {
    const pruned = await run('prune', { sparsity: 0.4, epochs: 8, learningRate: 0.005 });
    const weights = pruned.parameters[0];
    assert.equal(
      weights.data.reduce((count, value) => count + (value === 0 ? 1 : 0), 0),
      weights.mask!.reduce((count, one) => count + 1 - one, 0),
    );
    assert.ok((await errorOf(pruned)) <= (await errorOf(trained)) + 0.05);
  });

  it('keep the weights that training moves away from zero when asked', async () => {
    const options = { sparsity: 0.6, epochs: 8, learningRate: 0.005 };
    const moved = await run('prune', { ...options, importance: 'movement' });
    const kept = (model: Model): number[][] =>
      model.parameters.flatMap(({ mask }) => (mask ? [[...mask]] : []));
    const sum = (masks: number[][]): number => masks.flat().reduce((all, one) => all + one, 0);
    const large = kept(await run('prune', options));
    assert.equal(sum(kept(moved)), sum(large));
    assert.notDeepEqual(kept(moved), large);
    assert.ok((await errorOf(moved)) <= (await errorOf(trained)) + 0.1);
  });

  it('refuse to measure movement where nothing is trained', async () => {
    await assert.rejects(
      finished(passes.prune.run(trained, { importance: 'movement' }, { seed: 1, threads: 1 })),
      /Movement is measured while a model trains.*set importance to "magnitude"/,
    );
  });

  it('remove neurons in steps, to the width that one step leaves', async () => {
    const events: PassEvent[] = [];
    const options = { share: 0.6, steps: 3, stepEpochs: 1, epochs: 2 };
    const running = passes.pruneNeurons.run(trained, options, context);
    const narrow = await finished(running, (event) => events.push(event));
    assert.deepEqual(narrow.parameters[0].shape, [6, 3]);
    const notes = events.flatMap((event) => (event.type === 'progress' ? [event.note] : []));
    assert.deepEqual(
      [...new Set(notes.map((note) => note.replace(/ removed.*/, '')))],
      ['42 % of the neurons', '58 % of the neurons', '60 % of the neurons'],
    );
    assert.ok((await errorOf(narrow)) < 0.4);
  });

  it('train centroids, which stay shared and fit in halves', async () => {
    const shared = await run('share', { clusters: 4, epochs: 3 });
    for (const { shape, data, encoding } of shared.parameters) {
      if (shape.length === 1) continue;
      assert.ok(encoding.type === 'codebook');
      assert.ok(new Set(data).size <= 4);
    }
    assert.ok((await errorOf(shared)) <= (await errorOf(trained)) + 0.03);
  });

  it('train one codebook for all layers, which the file holds once', async () => {
    const options = { clusters: 8, epochs: 3, learningRate: 0.002, codebook: 'global' };
    const shared = await run('share', options);
    const books = shared.parameters.flatMap(({ encoding }) =>
      encoding.type === 'codebook' ? [[...encoding.centroids]] : [],
    );
    assert.equal(books.length, 2);
    assert.deepEqual(books[0], books[1]);
    const untrained = await run('share', { ...options, epochs: 0 });
    assert.notDeepEqual(untrained.parameters[0].encoding, shared.parameters[0].encoding);
    assert.ok((await errorOf(shared)) <= (await errorOf(trained)) + 0.03);

    const { bytes, ledger } = encodeWithLedger(shared);
    const [first, , second] = ledger.tensors.map(({ codebook }) => codebook);
    assert.ok(first >= 16 && second === 0, `${first} and ${second} bytes of codebooks`);
    const decoded = decode(bytes);
    decoded.parameters.forEach(({ data }, i) => assert.deepEqual(data, shared.parameters[i].data));
    // Trained on from the file, they are still one.
    const again = (await finished(train(decoded, dataset, { epochs: 1, learningRate: 0.01 })))
      .model;
    const [a, , b] = again.parameters.map(({ encoding }) => encoding);
    assert.ok(a.type === 'codebook' && b.type === 'codebook');
    assert.deepEqual(a.centroids, b.centroids);
  });

  it('train ternary weights better than rounding them', async () => {
    const options = { bits: 2, scheme: 'ternary', epochs: 15, learningRate: 0.02 };
    const rounded = await run('quantize', { ...options, epochs: 0 });
    const aware = await run('quantize', options);
    assert.ok(new Set(aware.parameters[0].data).size <= 3);
    const [before, after] = [await errorOf(rounded), await errorOf(aware)];
    assert.ok(after <= before, `${after} after, ${before} before`);
  });

  it('train the levels of pruned weights that are left, and no others', async () => {
    const pruned = await run('prune', { sparsity: 0.5, epochs: 0, steps: 1 });
    const options = { bits: 4, epochs: 10, learningRate: 0.3 };
    const aware = await finished(passes.quantize.run(pruned, options, context));
    const [{ data, mask }] = aware.parameters;
    mask!.forEach((one, i) => one || assert.equal(data[i], 0));
    assert.ok(mask!.includes(0));
  });

  it('train levels of weights that are too small for halves without losing them', async () => {
    const [first, ...others] = trained.parameters;
    const small = { ...first, data: first.data.map((value) => value * 1e-8) };
    const model = { ...trained, parameters: [small, ...others] };
    const options = { bits: 8, epochs: 1, learningRate: 1e-4 };
    const aware = await finished(passes.quantize.run(model, options, context));
    aware.parameters[0].data.forEach((value, i) => {
      assert.ok(Math.abs(value - small.data[i]) < 5e-9, `${value} of ${small.data[i]}`);
    });
    assert.ok(aware.parameters[0].data.some((value) => value !== 0));
  });

  for (const granularity of ['channel', 'group']) {
    it(`train levels and a scale for each ${granularity} better than rounding them`, async () => {
      const options = { bits: 2, granularity, groupSize: 4, epochs: 15, learningRate: 0.02 };
      const rounded = await run('quantize', { ...options, epochs: 0 });
      const aware = await run('quantize', options);
      const scalesOf = ({ parameters: [{ encoding }] }: Model): number[] =>
        encoding.type === 'quantized' ? [...encoding.scales] : [];
      assert.equal(scalesOf(aware).length, granularity === 'group' ? 16 : 8);
      assert.notDeepEqual(scalesOf(aware), scalesOf(rounded));
      const [before, after] = [await errorOf(rounded), await errorOf(aware)];
      assert.ok(after <= before, `${after} after, ${before} before`);
      const decoded = decode(encodeWithLedger(aware).bytes);
      decoded.parameters.forEach(({ data }, i) => assert.deepEqual(data, aware.parameters[i].data));
    });
  }

  it('fit ranges to what the weights are multiplied by', async () => {
    // The first feature is large, so that errors of its weights are what the layer's outputs see.
    const { training } = dataset.splits;
    const loud: Dataset = {
      ...dataset,
      splits: {
        ...dataset.splits,
        training: {
          count: training.count,
          read(indices, inputs, targets) {
            training.read(indices, inputs, targets);
            for (let i = 0; i < indices.length * 6; i += 6) inputs[i] *= 20;
          },
        },
      },
    };
    const inputs = new Float32Array(200 * 6);
    loud.splits.training.read(
      Int32Array.from({ length: 200 }, (_, i) => i),
      inputs,
      new Float32Array(200 * 3),
    );
    const outputError = async (options: PassOptions): Promise<number> => {
      const all = { bits: 3, granularity: 'channel', ...options };
      const { parameters } = await finished(
        passes.quantize.run(trained, all, { ...context, dataset: loud }),
      );
      const difference = parameters[0].data.map(
        (value, i) => value - trained.parameters[0].data[i],
      );
      let sum = 0;
      for (let example = 0; example < 200; example++) {
        for (let unit = 0; unit < 8; unit++) {
          let output = 0;
          for (let f = 0; f < 6; f++) output += inputs[example * 6 + f] * difference[f * 8 + unit];
          sum += output * output;
        }
      }
      return sum;
    };
    const fitted = await outputError({ range: 'fitted' });
    const calibrated = await outputError({ calibration: 'activations' });
    assert.ok(calibrated < 0.7 * fitted, `${calibrated}, ${fitted}`);
  });

  it('refuse to calibrate without data, and on data of another shape', async () => {
    const options = { calibration: 'activations' };
    await assert.rejects(
      finished(passes.quantize.run(trained, options, { seed: 1, threads: 1 })),
      /Calibration on activations reads examples of the dataset, and there is none here/,
    );
    const other = { ...context, dataset: { ...dataset, inputShape: [4, 4, 1] } };
    await assert.rejects(
      finished(passes.quantize.run(trained, options, other)),
      /calibration data blobs has examples of 4 x 4 x 1, and the model reads 6: calibrate it/,
    );
  });

  it('refuse a pattern that is none', async () => {
    for (const pattern of ['4:2', '2:4:8', '2', '0:4']) {
      const sentence = new RegExp(`“${pattern}” is not of the form N:M`);
      await assert.rejects(run('prune', { pattern }), sentence);
    }
  });
});

describe('pipeline', () => {
  const steps: { name: PassName; options: PassOptions }[] = [
    { name: 'prune', options: { sparsity: 0.5, epochs: 2, steps: 2 } },
    { name: 'share', options: { clusters: 4, epochs: 1 } },
  ];

  it('measures every stage by its packed file', async () => {
    const { events, result } = await collected(trained, steps);
    const stages = events.filter((event) => event.type === 'stageFinished');
    assert.deepEqual(
      stages.map(({ stage }) => stage),
      ['prune', 'share', 'entropyCode'],
    );
    for (const stage of stages) {
      assert.equal(stage.ledger.bytes, stage.bytes.length);
      assert.deepEqual(decode(stage.bytes), stage.model);
    }
    assert.ok(stages[1].bytes.length < stages[0].bytes.length);
    assert.deepEqual(stages[2].bytes, result.bytes);
  });

  it('gives the same bytes for the same seed', async () => {
    const [first, second] = [await collected(trained, steps), await collected(trained, steps)];
    assert.deepEqual(first.result.bytes, second.result.bytes);
  });

  it('does without a dataset, and then trains nothing', async () => {
    const packed = await finished(compress(trained, steps, { seed: 1, threads: 1 }));
    assert.ok(packed.bytes.length > 0);
  });

  it('names what it asks for and what it got', async () => {
    const { events } = await collected(trained, [{ name: 'quantize', options: {} }]);
    assert.deepEqual(events[0], {
      type: 'stageStarted',
      stage: 'quantize',
      settings: { bits: 8, ...passDescriptions.quantize.defaults },
    });
    assert.ok(events.some((event) => event.type === 'pass' && event.event.type === 'progress'));
  });
});

async function run(name: PassName, options: PassOptions): Promise<Model> {
  return finished(passes[name].run(trained, options, context));
}

async function collected(
  model: Model,
  steps: { name: PassName; options: PassOptions }[],
): Promise<{ events: CompressEvent[]; result: PackedStage }> {
  const events: CompressEvent[] = [];
  const running = compress(model, steps, context);
  const result = await finished(running, (event) => events.push(event));
  return { events, result };
}

async function errorOf(model: Model): Promise<number> {
  return (await evaluateOnnx(exportOnnx(model), dataset, 'test')).error!;
}
