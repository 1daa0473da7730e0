import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { analyse } from '../../../src/core/program/analyse';
import type { ModelSpec } from '../../../src/core/program/model/engine';
import { encodeWith, teethOf, type Encoding } from '../../../src/core/program/model/evaluate';
import { withFront } from '../../../src/core/program/model/kinds';
import type { Resampling } from '../../../src/core/program/model/resampled';
import { findOriginals, originalsFinding } from '../../../src/core/program/semantics/originals';
import { createRandom } from '../../../src/core/random';
import { decodeWith } from '../../fixtures/decodeWith';
import { finished, finishedSync } from '../../fixtures/finished';
import { idxBytes } from '../../fixtures/syntheticIdx';

const [size, box, count] = [20, 16, 60];

/** Slanted rings of ink in originals of 24 to 43 pixels, averaged down to the box. */
function drawn(): { bytes: Uint8Array; edges: number[] } {
  const random = createRandom(6);
  const pixels = new Uint8Array(count * size * size);
  const edges = Array.from({ length: count }, () => 24 + random.integer(20));
  edges.forEach((edge, image) => {
    const [slant, hole] = [random.uniform() * 0.5 - 0.25, 0.4 + random.uniform() * 0.3];
    const scale = box / edge;
    const box2 = new Float64Array(box * box);
    for (let y = 0; y < edge; y++) {
      for (let x = 0; x < edge; x++) {
        const [v, u] = [(2 * y + 1) / edge - 1, (2 * x + 1) / edge - 1];
        const distance = Math.hypot(v, 1.6 * (u + slant * v));
        if (distance > 1 || distance < hole) continue;
        for (let row = Math.floor(y * scale); row < Math.min(box, (y + 1) * scale); row++) {
          for (let col = Math.floor(x * scale); col < Math.min(box, (x + 1) * scale); col++) {
            const share = (at: number, k: number) =>
              Math.max(0, Math.min(at + 1, (k + 1) * scale) - Math.max(at, k * scale));
            box2[row * box + col] += share(row, y) * share(col, x);
          }
        }
      }
    }
    const margin = (size - box) / 2;
    box2.forEach((ink, k) => {
      const at = (margin + Math.floor(k / box)) * size + margin + (k % box);
      pixels[image * size * size + at] = Math.round(Math.min(1, ink) * 255);
    });
  });
  return { bytes: idxBytes([count, size, size], pixels), edges };
}

const find = (bytes: Uint8Array): Promise<Resampling | undefined> =>
  finished(findOriginals(bytes, analyse(bytes).syntax));

const encode = (spec: ModelSpec, bytes: Uint8Array): Encoding =>
  finishedSync(encodeWith(spec, bytes));

describe('originals of images', () => {
  const { bytes, edges } = drawn();
  const { syntax, full } = analyse(bytes);

  it('are found by the sums that their grey levels can be', async () => {
    const resampling = (await find(bytes))!;
    assert.equal(resampling.box, box);
    const right = edges.filter((edge, k) => resampling.originals[2 * k] === edge).length;
    assert.ok(right > 0.7 * count, `${right} of ${count}`);
  });

  it('give a pixel the sums of the areas that it was averaged from', () => {
    // Of 2 x 2 black and white pixels one to four are ink.
    const shares = teethOf({ box: 20, kept: 1 })(40, 3, 7);
    const likeliest = Array.from(shares.keys()).sort((a, b) => shares[b] - shares[a]);
    assert.deepEqual(
      likeliest.slice(0, 4).sort((a, b) => a - b),
      [64, 128, 191, 255],
    );
  });

  it('make the payload shorter, they themselves counted, and bring the images back', async () => {
    const resampling = (await find(bytes))!;
    const spec = withFront(full, syntax, { resampling });
    const [along, without] = [spec, full].map((each) => encode(each, bytes).payload);
    assert.ok(along.length < without.length * 0.97, `${along.length}, ${without.length} without`);
    assert.deepEqual(decodeWith(spec, along, bytes.length), bytes);
    const { savedBytes } = originalsFinding(bytes, syntax, full, resampling);
    assert.ok(savedBytes > 0, `${savedBytes}`);
  });

  it('are not seen in images that have none', async () => {
    const random = createRandom(2);
    const noise = bytes.map((byte, i) => (i < 16 || byte === 0 ? byte : 1 + random.integer(255)));
    assert.equal(await find(noise), undefined);
  });
});
