import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { inflateSync } from 'node:zlib';
import {
  writeGenerative,
  type GenerativeProgram,
} from '../../../src/core/program/generate/generative';
import { openModel } from '../../../src/core/engine/session';
import { createRandom } from '../../../src/core/random';
import { exportOnnx } from '../../../src/core/train/export';
import { initialize } from '../../../src/core/train/layers/layers';
import type { Architecture, Model } from '../../../src/core/train/model';
import { finished } from '../../fixtures/finished';
import { temporaryFolder } from '../../fixtures/temporaryFolder';

const architecture: Architecture = {
  name: 'gan-batch-norm',
  inputShape: [6],
  layers: [
    { type: 'dense', units: 20, activation: 'leakyRelu' },
    { type: 'batchNorm' },
    { type: 'dense', units: 5 * 4, activation: 'tanh' },
    { type: 'reshape', shape: [5, 4, 1] },
  ],
  task: 'generation',
};

/** A generator whose weights are pruned and share a few values, unless they stay as they are. */
function generator({ shared = true } = {}): Model {
  const model = initialize(architecture, 5);
  for (const parameter of model.parameters) {
    if (parameter.name.endsWith('weights') && shared) {
      parameter.data = parameter.data.map((v) => (Math.abs(v) < 0.2 ? 0 : Math.round(v * 4) / 4));
    }
    if (parameter.name.endsWith('variance')) parameter.data.fill(0.3);
    if (parameter.name.endsWith('mean')) parameter.data.fill(0.1);
  }
  return model;
}

const write = (model: Model): Promise<GenerativeProgram> => finished(writeGenerative(model));

describe('a generative program', () => {
  it('draws the same samples when it is run as the encoder does, from its seed alone', async (t) => {
    for (const shared of [true, false]) {
      const made = await write(generator({ shared }));
      const path = join(temporaryFolder(t, { 'g.mjs': made.source }), 'g.mjs');
      const run = (...words: string[]) => execFileSync(process.execPath, [path, ...words]);
      const drawn = run('12', '7');
      assert.deepEqual(new Uint8Array(drawn), made.draw(['12', '7']));
      assert.deepEqual(
        [...drawn.subarray(0, 16)],
        [0, 0, 8, 3, 0, 0, 0, 12, 0, 0, 0, 5, 0, 0, 0, 4],
      );
      assert.equal(drawn.length, 16 + 12 * 20);
      assert.notDeepEqual(drawn, run('12', '8'));
      assert.deepEqual(new Uint8Array(run()), made.draw([]));
      assert.equal(made.bytes.runtime + made.bytes.model, made.source.length);
    }
  });

  it('says in one line which words it takes', async (t) => {
    const made = await write(generator());
    const path = join(temporaryFolder(t, { 'g.mjs': made.source }), 'g.mjs');
    for (const words of [
      ['abc'],
      ['-5'],
      ['0'],
      ['1.5'],
      ['1e12'],
      ['7', 'x'],
      ['7', '1', 'gif'],
    ]) {
      const run = spawnSync(process.execPath, [path, ...words], { encoding: 'utf8' });
      assert.equal(run.status, 1);
      assert.equal(run.stdout, '');
      assert.equal(
        run.stderr,
        `Expected a count from 1 to 107374182, a seed that is a whole number, and idx or png, not: ${words.join(' ')}\n`,
      );
    }
    assert.equal(spawnSync(process.execPath, [path, '2', '-3', 'idx']).stdout.length, 16 + 2 * 20);
  });

  it('computes what the exported model computes', async () => {
    const model = generator();
    const made = await write(model);
    const drawn = made.draw(['400', '3']).subarray(16);
    const session = await openModel(exportOnnx(model), { threads: 1 });
    const random = createRandom(1);
    const noise = Float32Array.from({ length: 400 * 6 }, () => random.normal());
    const output = await session.run(noise, [400, 6]);
    await session.dispose();
    // The noise is another, so that only the distributions agree: mean and spread of each pixel.
    for (let pixel = 0; pixel < 20; pixel++) {
      const moments = (value: (sample: number) => number) => {
        const values = Array.from({ length: 400 }, (_, k) => value(k));
        const mean = values.reduce((a, b) => a + b) / 400;
        return [mean, Math.sqrt(values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / 400)];
      };
      const [m1, s1] = moments((k) => drawn[k * 20 + pixel] / 127.5 - 1);
      const [m2, s2] = moments((k) => output[k * 20 + pixel]);
      assert.ok(Math.abs(m1 - m2) < 0.25 && Math.abs(s1 - s2) < 0.15, `${[m1, m2, s1, s2]}`);
    }
  });

  it('draws a PNG of the samples in a square', async () => {
    const made = await write(generator());
    const png = made.draw(['7', '1', 'png']);
    const view = new DataView(png.buffer);
    assert.equal(Buffer.from(png.subarray(1, 4)).toString(), 'PNG');
    // Three across and three down.
    assert.deepEqual([view.getUint32(16), view.getUint32(20)], [12, 15]);
    const length = view.getUint32(33);
    const raw = inflateSync(png.subarray(41, 41 + length));
    assert.equal(raw.length, 15 * 13);
    const samples = made.draw(['7', '1']).subarray(16);
    assert.deepEqual(
      [...raw.subarray(1, 13)],
      [0, 1, 2].flatMap((k) => [...samples.subarray(k * 20, k * 20 + 4)]),
    );
  });

  it('refuses a model that draws no images', async () => {
    const model = initialize({ ...architecture, layers: architecture.layers.slice(0, -1) }, 1);
    await assert.rejects(
      write(model),
      /draws images of one or three channels, .* gives 20 numbers/,
    );
  });
});
