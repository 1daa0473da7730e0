import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { deflate } from '../../../src/core/program/generate/deflate';
import { minimalSource } from '../../../src/core/program/model/minimal';
import { joinBytes } from '../../../src/core/join';
import { createRandom } from '../../../src/core/random';

const random = createRandom(5);
const source = Uint8Array.from(
  Buffer.from(minimalSource({ type: 'minimal', contexts: ['c1'], tableBits: 12 }, 1, 'decode')),
);
const binary = Uint8Array.from({ length: 3000 }, () => 128 + random.integer(9) * random.integer(9));

const inputs: { name: string; parts: Uint8Array[]; most?: number }[] = [
  { name: 'nothing', parts: [new Uint8Array(0)] },
  { name: 'one byte', parts: [Uint8Array.of(7)] },
  { name: 'one byte many times', parts: [new Uint8Array(1000).fill(65)] },
  { name: 'noise', parts: [Uint8Array.from({ length: 9000 }, () => random.integer(256))] },
  { name: 'a repeat from 9 KB back', parts: [joinBytes([binary, binary, binary, source, binary])] },
  { name: 'source text', parts: [source], most: 0.99 },
  { name: 'parts that have nothing in common', parts: [binary, source], most: 0.97 },
];

describe('deflate', () => {
  for (const { name, parts, most } of inputs) {
    it(`is read back by zlib from ${name}, and not much longer than its own`, () => {
      const deflated = deflate(parts);
      const whole = joinBytes(parts);
      assert.deepEqual(new Uint8Array(inflateRawSync(deflated)), whole);
      const usual = deflateRawSync(whole, { level: 9, memLevel: 9 }).length;
      const limit = most === undefined ? usual * 1.03 + 30 : usual * most;
      assert.ok(deflated.length <= limit, `${deflated.length} of ${usual}`);
    });
  }
});
