import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import { compress } from '../../../src/core/compress/compress';
import { encode, decode } from '../../../src/core/compress/container/container';
import { passes } from '../../../src/core/compress/passes';
import type { PassName, PassOptions } from '../../../src/core/compress/pass';
import type { Dataset } from '../../../src/core/data/dataset';
import { createRandom } from '../../../src/core/random';
import { mlp } from '../../../src/core/train/architectures/mlp';
import { evaluateOnnx, exportOnnx } from '../../../src/core/train/export';
import { initialize } from '../../../src/core/train/layers/layers';
import { train } from '../../../src/core/train/loop';
import type { Model } from '../../../src/core/train/model';
import { collected } from '../data/collected';
import { finished } from './models';

/** A class that follows from which of 40 places and 25 makers a row names, and from an amount. */
function places(): string {
  const random = createRandom(4);
  const rows = Array.from({ length: 2000 }, () => {
    const [place, maker] = [random.integer(40), random.integer(25)];
    const amount = random.normal();
    const value = (place % 7) - 3 + ((maker % 5) - 2) + amount;
    return `p${place},${amount.toFixed(3)},m${maker},${value > 0 ? 'yes' : 'no'}`;
  });
  return `place,amount,maker,y\n${rows.join('\n')}\n`;
}

describe('a model with embedded columns', () => {
  let dataset: Dataset;
  let model: Model;
  const error = async (of: Model): Promise<number> =>
    (await evaluateOnnx(exportOnnx(of), dataset, 'test')).error!;

  before(async () => {
    const folder = mkdtempSync(join(tmpdir(), 'kolmo-test-'));
    try {
      writeFileSync(join(folder, 'a.csv'), places());
      dataset = await collected(join(folder, 'a.csv'), { target: 'y' });
    } finally {
      rmSync(folder, { recursive: true });
    }
    assert.deepEqual(dataset.codes, [41, 26]);
    const training = train(initialize(mlp.build(dataset), 1), dataset, {
      ...mlp.training,
      epochs: 8,
      learningRate: 3e-3,
    });
    ({ model } = await finished(training));
  });

  it('is the same when it was packed and unpacked', async () => {
    const unpacked = decode(encode(model));
    assert.deepEqual(unpacked.architecture, model.architecture);
    assert.deepEqual(
      unpacked.parameters.map(({ data }) => data),
      model.parameters.map(({ data }) => data),
    );
    assert.ok((await error(model)) < 0.1, `${await error(model)}`);
  });

  const options: Partial<Record<PassName, PassOptions>> = {
    prune: { sparsity: 0.5, steps: 2, stepEpochs: 1, epochs: 2 },
    pruneNeurons: { share: 0.5, epochs: 3 },
    distil: { width: 0.5, epochs: 3 },
    factorise: { energy: 0.8, epochs: 3 },
    quantize: { bits: 6 },
    share: { clusters: 16, epochs: 1, rounds: 10 },
  };
  for (const { name } of Object.values(passes)) {
    const steps = [{ name, options: options[name] ?? {} }];
    if (!options[name]) {
      it(`is refused by ${name}, which says what to do instead`, async () => {
        await assert.rejects(finished(compress(model, steps, { dataset, seed: 1, threads: 1 })), {
          name: 'KolmoError',
          message: /takes dense, convolution and pooling layers.*quantize or prune it instead/,
        });
      });
      continue;
    }
    it(`stays good and gets smaller with ${name}`, async () => {
      const packed = await finished(compress(model, steps, { dataset, seed: 1, threads: 1 }));
      const after = await error(packed.model);
      assert.ok(packed.bytes.length < 0.95 * encode(model).length);
      assert.ok(after < 0.15, `test error ${after}`);
    });
  }
});
