import assert from 'node:assert/strict';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import { analyse, type Analysis } from '../../../src/core/program/analyse';
import { predictorProgram } from '../../../src/core/program/generate';
import { learnNetwork } from '../../../src/core/program/search/learner';
import type { ModelSpec } from '../../../src/core/program/model/engine';
import { encodeWith, type Encoding } from '../../../src/core/program/model/evaluate';
import { networkInputsFor, withFront } from '../../../src/core/program/model/kinds';
import { sha256, verifyProgram } from '../../../src/core/program/verify';
import { createRandom } from '../../../src/core/random';
import { decodeWith } from '../../fixtures/decodeWith';
import { finished, finishedSync } from '../../fixtures/finished';
import { idxBytes } from '../../fixtures/syntheticIdx';
import { temporaryFolder } from '../../fixtures/temporaryFolder';

/** Discs whose edges fade, so that what a pixel holds follows from those around it but never repeats. */
function discs(count: number, size: number): Uint8Array {
  const random = createRandom(4);
  const pixels = new Uint8Array(count * size * size);
  for (let image = 0, at = 0; image < count; image++) {
    const [x, y, radius] = [6, 6, 3].map((least) => least + random.uniform() * 4);
    for (let row = 0; row < size; row++) {
      for (let column = 0; column < size; column++) {
        const inside = radius - Math.hypot(column - x, row - y);
        pixels[at++] = Math.max(0, Math.min(255, Math.round(inside * 90)));
      }
    }
  }
  return idxBytes([count, size, size], pixels);
}

const encode = (spec: ModelSpec, bytes: Uint8Array): Encoding =>
  finishedSync(encodeWith(spec, bytes));

describe('shipped network', () => {
  const bytes = discs(120, 16);
  const { syntax, full }: Analysis = analyse(bytes);
  let spec: ModelSpec;

  before(async () => {
    const options = { units: [12], epochs: 3, batchSize: 64 };
    const inputs = networkInputsFor(syntax)!;
    const network = await finished(learnNetwork(full, inputs, bytes, options));
    spec = withFront(full, syntax, { network });
  });

  it('is coded in front of the data, and its bytes are counted', () => {
    const { payload, costs, networkBits } = encode(spec, bytes);
    assert.equal(costs.length, bytes.length);
    const bits = costs.reduce((sum, cost) => sum + cost, 0) + networkBits!;
    assert.ok(Math.abs(payload.length - bits / 8) < 8, `${payload.length} bytes, ${bits} bits`);
    // Training for fewer bytes leaves far less than a byte a weight.
    const { weights } = spec.network!;
    assert.ok(networkBits! > 0 && networkBits! / 8 < weights.length / 2, `${networkBits} bits`);
    assert.deepEqual(decodeWith(spec, payload, bytes.length), bytes);
  });

  it('is the same of the same seed, and another one of another', async () => {
    const few = discs(20, 16);
    const { syntax, full }: Analysis = analyse(few);
    const weightsOf = async (seed: number): Promise<Uint8Array> => {
      const options = { units: [4], epochs: 1, batchSize: 64, seed };
      const learning = learnNetwork(full, networkInputsFor(syntax)!, few, options);
      return (await finished(learning)).weights;
    };
    const [first, again, other] = [await weightsOf(5), await weightsOf(5), await weightsOf(6)];
    assert.deepEqual(again, first);
    assert.notDeepEqual(other, first);
  });

  it('predicts what the contexts alone do not', () => {
    const sum = (costs: Float32Array) => costs.reduce((bits, cost) => bits + cost, 0) / 8;
    const [along, without] = [spec, full].map((each) => sum(encode(each, bytes).costs));
    assert.ok(along < without * 0.99, `${along} bytes of data with it, ${without} without`);
  });

  it('is part of a program that prints the images exactly', async (t) => {
    const { payload } = encode(spec, bytes);
    const { program } = await predictorProgram(spec, payload, bytes.length, { ascii: false });
    const path = join(temporaryFolder(t, { 'images.mjs': program }), 'images.mjs');
    assert.ok((await verifyProgram(path, sha256(bytes))).verified);
  });
});
