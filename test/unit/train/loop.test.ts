import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Dataset } from '../../../src/core/data/dataset';
import { evaluateOnnx, exportOnnx } from '../../../src/core/train/export';
import { initialize } from '../../../src/core/train/layers/layers';
import { fineTune, train, type TrainEvent, type TrainResult } from '../../../src/core/train/loop';
import type { Model } from '../../../src/core/train/model';
import type { TrainOptions } from '../../../src/core/train/options';
import { chooseArchitecture } from '../../../src/core/train/architectures/architectures';
import { categoryDataset, imageDataset, tableDataset } from './datasets';

const images = imageDataset();
const table = tableDataset();
const quick: Partial<TrainOptions> = { epochs: 3, batchSize: 32, shift: 0, checkpointSteps: 7 };

function fresh(dataset: Dataset, name = 'auto', seed = 1): Model {
  return initialize(chooseArchitecture(name, dataset).choice.build(dataset), seed);
}

async function finish(
  run: AsyncGenerator<TrainEvent, TrainResult, 'stop' | void>,
  watch: (event: TrainEvent) => 'stop' | void = () => undefined,
): Promise<TrainResult> {
  let command: 'stop' | void = undefined;
  for (;;) {
    const { done, value } = await run.next(command);
    if (done) return value;
    command = watch(value);
  }
}

/** A first layer of so many weights that they lie transposed while they are trained. */
const wide = (): Model =>
  initialize(
    {
      name: 'wide',
      inputShape: [16, 18, 1],
      layers: [
        { type: 'flatten' },
        { type: 'dense', units: 512, activation: 'relu' },
        { type: 'dense', units: 100, activation: 'relu' },
        { type: 'dense', units: 3, activation: 'softmax' },
      ],
      task: 'classification',
    },
    1,
  );

const bytesOf = (model: Model): number[][] => model.parameters.map(({ data }) => Array.from(data));

describe('train', () => {
  it('learns to tell images apart and keeps its accuracy in the exported file', async () => {
    const { model, validation } = await finish(train(fresh(images), images, quick));
    assert.ok(validation.error! < 0.1, `validation error ${validation.error}`);
    const test = await evaluateOnnx(exportOnnx(model), images, 'test');
    assert.ok(test.error! < 0.1, `test error ${test.error}`);
    assert.ok(test.baselineError! > 0.5);
  });

  it('trains convolutions', async () => {
    const options = { ...quick, learningRate: 3e-3 };
    const { model, validation } = await finish(train(fresh(images, 'lenet-5'), images, options));
    assert.ok(validation.error! < 0.1, `validation error ${validation.error}`);
    const measured = await evaluateOnnx(exportOnnx(model), images, 'validation');
    assert.equal(measured.error, validation.error);
    assert.ok(Math.abs(measured.loss - validation.loss) < 1e-5);
  });

  it('keeps moving averages of normalised layers, which the exported file uses', async () => {
    const model = initialize(
      {
        name: 'normalised',
        inputShape: [4],
        layers: [
          { type: 'dense', units: 16, activation: 'relu' },
          { type: 'batchNorm' },
          { type: 'dense', units: 1, activation: 'linear' },
        ],
        task: 'regression',
      },
      1,
    );
    const options = { ...quick, epochs: 30, learningRate: 1e-2 };
    const trained = (await finish(train(model, table, options))).model;
    const mean = trained.parameters.find(({ name }) => name === 'batchNorm_1/mean')!;
    assert.ok(mean.data.some((value) => value > 0.1));
    const test = await evaluateOnnx(exportOnnx(trained), table, 'test');
    assert.ok(test.r2! > 0.7, `R2 ${test.r2}`);
  });

  it('draws a fresh dropout mask for every step', async () => {
    // One batch of all examples and no learning: only the mask can change the loss.
    const lossesWith = async (rate: number): Promise<number[]> => {
      const model = initialize(
        {
          name: 'dropout',
          inputShape: [4],
          layers: [
            { type: 'dropout', rate },
            { type: 'dense', units: 1, activation: 'linear' },
          ],
          task: 'regression',
        },
        1,
      );
      const losses: number[] = [];
      const options = { ...quick, epochs: 4, batchSize: 400, learningRate: 0 };
      await finish(train(model, table, options), (event) => {
        if (event.type === 'point' && event.split === 'training') losses.push(event.loss);
      });
      return losses.map((loss) => Math.round(loss * 1e5));
    };
    assert.equal(new Set(await lossesWith(0)).size, 1);
    assert.equal(new Set(await lossesWith(0.5)).size, 4);
    assert.deepEqual(await lossesWith(0.5), await lossesWith(0.5));
  });

  it('predicts a number far better than the mean does', async () => {
    const options = { ...quick, epochs: 20 };
    const { model } = await finish(train(fresh(table), table, options));
    const test = await evaluateOnnx(exportOnnx(model), table, 'test');
    assert.ok(test.r2! > 0.8, `R2 ${test.r2}`);
    assert.ok(test.rmse! < test.baselineRmse! / 2);
    // In the target's unit: two standard units of it.
    assert.ok(Math.abs(test.rmse! - 2 * Math.sqrt(test.loss)) < 1e-9);
  });

  it('learns a vector for each category, and leaves that of unseen ones at zero', async () => {
    const categories = categoryDataset();
    const options = { ...quick, epochs: 40, learningRate: 1e-2 };
    const { model } = await finish(train(fresh(categories), categories, options));
    const test = await evaluateOnnx(exportOnnx(model), categories, 'test');
    assert.ok(test.r2! > 0.9, `R2 ${test.r2}`);
    const table = model.parameters.find(({ name }) => name === 'columnEmbedding_1/weights')!;
    const [rows, units] = table.shape;
    assert.equal(rows, 41);
    assert.ok(table.data.subarray(0, units).every((value) => value === 0));
    assert.ok(table.data.subarray(units, 2 * units).some((value) => value !== 0));
  });

  it('gives the same bytes for the same seed, and others for another', async () => {
    const run = async (seed: number) =>
      bytesOf((await finish(train(fresh(images), images, { ...quick, seed }))).model);
    const first = await run(1);
    assert.deepEqual(await run(1), first);
    assert.notDeepEqual(await run(2), first);
  });

  for (const [name, options, build] of [
    ['adam', { ...quick, shift: 1 }, fresh],
    ['sgd', { ...quick, optimizer: 'sgd', learningRate: 0.05 }, fresh],
    ['transposed weights', { ...quick, batchSize: 128, checkpointSteps: 1 }, wide],
  ] as [string, Partial<TrainOptions>, typeof fresh][]) {
    it(`continues from any checkpoint of ${name} as if nothing had happened`, async () => {
      const checkpoints: Uint8Array[] = [];
      const whole = await finish(train(build(images), images, options), (event) => {
        if (event.type === 'checkpoint') checkpoints.push(event.bytes);
      });
      assert.ok(checkpoints.length >= 7);
      // After the last one nothing is left to train.
      for (const resume of [checkpoints[0], checkpoints[1], checkpoints[5], checkpoints.at(-1)!]) {
        const rest = await finish(train(build(images, 'auto', 9), images, { ...options, resume }));
        assert.deepEqual(bytesOf(rest.model), bytesOf(whole.model));
        assert.deepEqual(rest.validation, whole.validation);
        assert.equal(rest.trainingLoss, whole.trainingLoss);
      }
    });
  }

  it('leaves a checkpoint where it is stopped within an epoch, and goes on from it as if it had not been', async () => {
    const options = { ...quick, checkpointSteps: 1e9 };
    const whole = await finish(train(fresh(images), images, options));
    let resume: Uint8Array | undefined;
    const part = await finish(train(fresh(images), images, options), (event) => {
      if (event.type === 'checkpoint') resume = event.bytes.slice();
      return event.type === 'progress' ? 'stop' : undefined;
    });
    assert.deepEqual([part.ended, part.epochs], ['stopped', 0]);
    assert.ok(resume);
    const rest = train(fresh(images, 'auto', 9), images, { ...options, resume });
    const steps: number[] = [];
    const result = await finish(rest, (event) => {
      if (event.type === 'progress') steps.push(event.examples);
    });
    assert.ok(steps[0] > part.examples);
    assert.deepEqual(bytesOf(result.model), bytesOf(whole.model));
    assert.deepEqual(result.validation, whole.validation);
    assert.equal(result.trainingLoss, whole.trainingLoss);
  });

  it('refuses a checkpoint of another run and a damaged one', async () => {
    let bytes = new Uint8Array();
    await finish(train(fresh(images), images, { ...quick, epochs: 1 }), (event) => {
      if (event.type === 'checkpoint') bytes = event.bytes.slice();
    });
    const resume = (part: Uint8Array, options = quick) =>
      finish(train(fresh(images), images, { ...options, resume: part }));
    await assert.rejects(resume(bytes), /belongs to another model, dataset or other settings/);
    const same = { ...quick, epochs: 1 };
    await assert.rejects(resume(bytes.subarray(0, bytes.length - 4), same), /is damaged/);
    await assert.rejects(resume(bytes.subarray(0, 5), same), /not one of this version/);
  });

  it('stops at the next batch when asked, with the model so far', async () => {
    let points = 0;
    const result = await finish(train(fresh(images), images, { ...quick, epochs: 50 }), (event) => {
      return event.type === 'point' && ++points === 4 ? 'stop' : undefined;
    });
    assert.equal(result.ended, 'stopped');
    assert.ok(result.epochs < 5);
    assert.ok(result.validation.loss < Math.log(3));
  });

  it('can be told to stop between two batches of the validation, and then measures once', async () => {
    const dataset = tableDataset({ training: 64, validation: 1700, test: 10 });
    const { validation } = dataset.splits;
    let measured = 0;
    const counting: Dataset = {
      ...dataset,
      splits: {
        ...dataset.splits,
        validation: {
          ...validation,
          read(indices, inputs, targets) {
            measured += indices.length;
            validation.read(indices, inputs, targets);
          },
        },
      },
    };
    let before = 0;
    let most = 0;
    let atStop = 0;
    const { ended, epochs } = await finish(
      train(fresh(counting), counting, { ...quick, epochs: 50 }),
      () => {
        most = Math.max(most, measured - before);
        before = measured;
        // In the middle of the validation of the second epoch.
        if (atStop > 0 || measured <= validation.count) return undefined;
        atStop = measured;
        return 'stop';
      },
    );
    assert.equal(ended, 'stopped');
    assert.equal(epochs, 2);
    assert.ok(most <= 500, `${most} examples without a word`);
    assert.equal(measured, 2 * validation.count);
  });

  it('ends early when the validation loss stops falling, with the best weights', async () => {
    const losses: number[] = [];
    const options: Partial<TrainOptions> = { ...quick, epochs: 200, patience: 3 };
    let resume: Uint8Array | undefined;
    const result = await finish(train(fresh(table), table, options), (event) => {
      if (event.type === 'point' && event.split === 'validation') losses.push(event.loss);
      if (event.type === 'checkpoint') resume = event.bytes;
    });
    assert.equal(result.ended, 'early');
    assert.equal(result.bestEpoch, losses.length - 3);
    assert.equal(result.validation.loss, Math.min(...losses));
    // Gone on with, it is at its end.
    assert.deepEqual(await finish(train(fresh(table), table, { ...options, resume })), result);
  });

  it('says which setting to change when the loss is no longer a number', async () => {
    const options: Partial<TrainOptions> = { ...quick, optimizer: 'sgd', learningRate: 1e30 };
    await assert.rejects(
      finish(train(fresh(table), table, options)),
      /The loss is no longer a number at step \d+ \(epoch 1\): lower the learning rate, which is 1e\+30, or limit the gradient norm/,
    );
  });

  it('keeps the last good weights when the loss is no longer a number later', async () => {
    // Targets turn into NaN after the first epoch.
    const training = table.splits.training;
    let reads = 0;
    const poisoned: Dataset = {
      ...table,
      splits: {
        ...table.splits,
        training: {
          count: training.count,
          read(indices, inputs, targets) {
            training.read(indices, inputs, targets);
            if (++reads > 15) targets.fill(NaN);
          },
        },
      },
    };
    const warnings: string[] = [];
    const result = await finish(train(fresh(table), poisoned, quick), (event) => {
      if (event.type === 'warning') warnings.push(event.message);
    });
    assert.equal(result.ended, 'diverged');
    assert.match(warnings[0], /The weights of epoch 1 were kept\.$/);
    assert.ok(Number.isFinite(result.validation.loss));
  });

  it('refuses a dataset of another shape', async () => {
    await assert.rejects(
      finish(train(fresh(images), table, quick)),
      /The model takes inputs of 16 x 18 x 1, the dataset made up has 4\./,
    );
  });
});

describe('fineTune', () => {
  it('leaves pruned weights at zero and keeps training the others', async () => {
    const { model } = await finish(train(fresh(images), images, quick));
    for (const parameter of model.parameters) {
      if (parameter.shape.length < 2) continue;
      parameter.mask = Uint8Array.from(parameter.data, (_, i) => (i % 4 === 0 ? 0 : 1));
      parameter.data = parameter.data.map((w, i) => w * parameter.mask![i]);
    }
    const tuned = await finish(fineTune(model, images, quick));
    for (const [i, { mask, data }] of tuned.model.parameters.entries()) {
      if (!mask) continue;
      assert.ok(data.every((w, j) => (w !== 0) === (mask[j] === 1)));
      assert.notDeepEqual(data, model.parameters[i].data);
    }
    assert.ok(tuned.validation.error! < 0.1);
  });

  it('trains weights that lie transposed as it trains those that are observed, which do not', async () => {
    const model = wide();
    const [first, , , , last] = model.parameters;
    first.mask = Uint8Array.from(first.data, (_, i) => Number(i % 3 > 0));
    const centroids = Float32Array.of(-0.05, 0.05);
    const indices = Int32Array.from(first.data, (w, i) => (i % 3 > 0 ? Number(w > 0) : -1));
    first.data = Float32Array.from(indices, (index) => (index < 0 ? 0 : centroids[index]));
    first.encoding = { type: 'codebook', centroids, indices };
    last.mask = Uint8Array.from(last.data, (_, i) => Number(i % 2 > 0));
    last.data = last.data.map((w, i) => w * last.mask![i]);
    const options = { ...quick, batchSize: 128 };
    const lying = (await finish(fineTune(model, images, options))).model;
    const observed = (await finish(fineTune(model, images, { ...options, observe: () => {} })))
      .model;
    for (const [i, { name, shape, data, mask, encoding }] of lying.parameters.entries()) {
      const other = observed.parameters[i];
      assert.deepEqual({ name, shape, mask }, { name, shape: other.shape, mask: other.mask });
      if (encoding.type === 'codebook' && other.encoding.type === 'codebook') {
        assert.deepEqual(encoding.indices, other.encoding.indices);
      }
      assert.notDeepEqual(data, model.parameters[i].data);
      assert.ok(data.every((w, j) => Math.abs(w - other.data[j]) < 1e-5));
    }
  });

  it('keeps shared weights shared and gives the trained centroids', async () => {
    const { model } = await finish(train(fresh(images), images, quick));
    const [first] = model.parameters;
    const centroids = Float32Array.of(-0.1, -0.02, 0.03, 0.1, 7);
    const indices = Int32Array.from(first.data, (w, i) =>
      i % 5 === 0 ? -1 : w < -0.05 ? 0 : w < 0 ? 1 : w < 0.05 ? 2 : 3,
    );
    first.data = Float32Array.from(indices, (index) => (index < 0 ? 0 : centroids[index]));
    first.encoding = { type: 'codebook', centroids, indices };
    const tuned = (await finish(fineTune(model, images, quick))).model.parameters[0];
    assert.ok(tuned.encoding.type === 'codebook');
    const { centroids: trained } = tuned.encoding;
    assert.deepEqual(
      tuned.data,
      Float32Array.from(indices, (index) => (index < 0 ? 0 : trained[index])),
    );
    assert.notDeepEqual(trained.slice(0, 4), centroids.slice(0, 4));
    assert.equal(trained[4], 7, 'a centroid without weights stays');
  });
});
