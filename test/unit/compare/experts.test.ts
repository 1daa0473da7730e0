import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { compareModels } from '../../../src/core/compare/compare';
import type { Comparison } from '../../../src/core/compare/comparison';
import { writeSafetensors, type RawTensor } from '../../../src/core/formats/safetensors';
import { createRandom } from '../../../src/core/random';
import { resultOf } from '../../../src/core/relay';
import { ggufOf } from '../../fixtures/gguf';
import { temporaryFolder } from '../../fixtures/temporaryFolder';

const bytesOf = (values: Float32Array): Uint8Array => new Uint8Array(values.buffer);

const random = createRandom(2);

/** Twelve experts of 128 x 128, more than are read at a time, so that their number sorts otherwise as a text. */
const experts = Array.from({ length: 12 }, () =>
  Float32Array.from({ length: 128 * 128 }, () => random.normal()),
);

const expert = (number: number, shape = [128, 128]): RawTensor => ({
  name: `model.layers.0.mlp.experts.${number}.up_proj.weight`,
  dtype: 'F32',
  shape,
  bytes: bytesOf(experts[number]),
});

/** All experts one after the other; GGUF lists the fastest dimension first. */
const stacked = ggufOf({
  name: 'blk.0.ffn_up_exps.weight',
  shape: [128, 128, 12],
  type: 0,
  bytes: Buffer.concat(experts.map(bytesOf)),
});

async function compared(t: TestContext, ...files: [string, Uint8Array][]): Promise<Comparison> {
  const folder = temporaryFolder(t, Object.fromEntries(files));
  const [a, b] = files.map(([name]) => join(folder, name));
  return resultOf(compareModels(a, b));
}

describe('experts', () => {
  // As a file lists them: by their names.
  const single = writeSafetensors(
    experts
      .map((_, number) => expert(number))
      .sort((one, other) => (one.name < other.name ? -1 : 1)),
  );

  it('are held as one against those that llama.cpp stacked', async (t) => {
    for (const files of [
      [
        ['a.safetensors', single],
        ['b.gguf', stacked],
      ],
      [
        ['b.gguf', stacked],
        ['a.safetensors', single],
      ],
    ] as [string, Uint8Array][][]) {
      const { pairs, onlyInA, onlyInB, totals } = await compared(t, ...files);
      assert.deepEqual([pairs.length, onlyInA, onlyInB], [1, [], []]);
      const [{ a, b, by, difference }] = pairs;
      assert.deepEqual([a.name, b.name].sort(), [
        'blk.0.ffn_up_exps.weight',
        'model.layers.0.mlp.experts.up_proj.weight',
      ]);
      assert.deepEqual([a.shape, b.shape, by], [[12, 128, 128], [12, 128, 128], 'gguf']);
      assert.deepEqual([a.bytes, b.bytes, a.parameters], [786432, 786432, 196608]);
      assert.equal(difference!.equal, true);
      assert.equal(totals.identical, 1);
    }
  });

  it('are left alone where one is missing or of another shape, and against another file that has each', async (t) => {
    const [first, second] = [expert(0), expert(1)];
    for (const some of [
      [first, expert(2)],
      [first, expert(1, [64, 256])],
    ]) {
      const file = writeSafetensors(some);
      const { pairs, onlyInA } = await compared(t, ['a.safetensors', file], ['b.gguf', stacked]);
      assert.deepEqual(
        [pairs, onlyInA.map(({ name }) => name)],
        [[], some.map(({ name }) => name)],
      );
    }
    const both = writeSafetensors([first, second]);
    const { pairs } = await compared(t, ['a.safetensors', both], ['b.safetensors', both]);
    assert.equal(pairs.length, 2);
  });
});
