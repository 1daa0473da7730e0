import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createRandom } from '../../../src/core/random';
import { warpImages } from '../../../src/core/train/augment';

/** A bright disc of radius 4 in the middle of 21 x 21 pixels, twice. */
const discs = (channels: number): Float32Array =>
  Float32Array.from({ length: 2 * 441 * channels }, (_, i) => {
    const place = Math.floor(i / channels) % 441;
    return Math.hypot((place % 21) - 10, Math.floor(place / 21) - 10) < 4.2 ? 1 : 0;
  });

describe('warpImages', () => {
  for (const channels of [1, 3]) {
    it(`leaves images of ${channels} channels as they are at no degrees`, () => {
      const images = discs(channels);
      warpImages(images, [21, 21, channels], 0, createRandom(1));
      assert.deepEqual(images, discs(channels));
    });
  }

  it('keeps what is in the middle there, and changes each image in its own way', () => {
    const images = discs(1);
    warpImages(images, [21, 21, 1], 12, createRandom(2));
    const [first, second] = [images.subarray(0, 441), images.subarray(441)];
    assert.notDeepEqual(first, second);
    for (const image of [first, second]) {
      const mass = image.reduce((sum, value) => sum + value, 0);
      const x = image.reduce((sum, value, i) => sum + value * (i % 21), 0) / mass;
      const y = image.reduce((sum, value, i) => sum + value * Math.floor(i / 21), 0) / mass;
      assert.ok(Math.abs(x - 10) < 0.3 && Math.abs(y - 10) < 0.3, `its middle is ${x}, ${y}`);
      assert.ok(image.every((value) => value >= 0 && value <= 1));
      assert.ok(mass > 30 && mass < 90, `its mass is ${mass}`);
    }
  });

  it('fills what comes in from outside with zeros', () => {
    const images = new Float32Array(441 * 20).fill(1);
    warpImages(images, [21, 21, 1], 30, createRandom(5));
    assert.ok(images.includes(0));
    assert.ok(images.every((value) => value >= 0 && value <= 1));
    for (let i = 0; i < 20; i++) assert.equal(images[i * 441 + 220], 1);
  });
});
