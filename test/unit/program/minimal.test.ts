import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { predictorProgram } from '../../../src/core/program/generate';
import { encodeWith } from '../../../src/core/program/model/evaluate';
import { minimalModelFor } from '../../../src/core/program/model/kinds';
import { analyseSyntax } from '../../../src/core/program/syntax';
import { createRandom } from '../../../src/core/random';
import { decodeWith } from '../../fixtures/decodeWith';
import { finishedSync } from '../../fixtures/finished';

const random = createRandom(6);
const sources: { name: string; bytes: Uint8Array; most: number }[] = [
  {
    name: 'text',
    bytes: Uint8Array.from(Buffer.from('The law repeats itself.\nAccidents do not.\n'.repeat(60))),
    most: 90,
  },
  {
    name: 'two interleaved streams',
    // Every other symbol continues a cycle of ten, as the labels of MNIST partly do.
    bytes: Uint8Array.from({ length: 4000 }, (_, i) =>
      i & 1 ? random.integer(10) : (i >> 1) % 10,
    ),
    most: 1100,
  },
];

describe('small predictor', () => {
  for (const { name, bytes, most } of sources) {
    it(`brings ${name} below ${most} bytes and back, with at most 800 bytes of decoder`, async () => {
      const model = minimalModelFor(analyseSyntax(bytes), bytes.length);
      const { payload } = finishedSync(encodeWith(model, bytes));
      assert.ok(payload.length <= most, `${payload.length}`);
      assert.deepEqual(decodeWith(model, payload, bytes.length), bytes);
      const { runtime } = await predictorProgram(model, payload, bytes.length, { ascii: false });
      assert.ok(runtime <= 800, `${runtime}`);
    });
  }
});
