import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createDecoder, createEncoder } from '../../../src/core/coding/arithmetic';
import { createRandom } from '../../../src/core/random';

/** Bits that are one with probability `p1`/65536, and the stream they code to. */
function coded({ seed, p1, count }: { seed: number; p1: number; count: number }) {
  const random = createRandom(seed);
  const bits = Array.from({ length: count }, () => (random.uniform() * 65536 < p1 ? 1 : 0));
  const encoder = createEncoder();
  for (const bit of bits) encoder.encode(bit, p1);
  return { bits, bytes: encoder.flush() };
}

describe('arithmetic coder', () => {
  const cases = [
    { seed: 1, p1: 32768, count: 8000, size: 1001 },
    { seed: 2, p1: 6554, count: 8000, size: 462 },
    { seed: 3, p1: 65535, count: 100_000, size: 3 },
    { seed: 4, p1: 1, count: 100_000, size: 3 },
    { seed: 5, p1: 40000, count: 1, size: 1 },
  ];
  for (const { size, ...source } of cases) {
    it(`returns ${source.count} bits of probability ${source.p1} in ${size} bytes`, () => {
      const { bits, bytes } = coded(source);
      const decoder = createDecoder(bytes);
      assert.deepEqual(
        bits.map(() => decoder.decode(source.p1)),
        bits,
      );
      assert.equal(bytes.length, size);
    });
  }

  it('reads a stream in the middle of other bytes', () => {
    for (let seed = 0; seed < 200; seed++) {
      const { bits, bytes } = coded({ seed, p1: 1 + seed * 300, count: 100 });
      for (const filler of [0, 255]) {
        const file = new Uint8Array(bytes.length + 20).fill(filler);
        file.set(bytes, 7);
        const decoder = createDecoder(file, 7);
        assert.deepEqual(
          bits.map(() => decoder.decode(1 + seed * 300)),
          bits,
        );
      }
    }
  });

  it('grows beyond its first capacity', () => {
    const encoder = createEncoder({ capacity: 1 });
    for (let i = 0; i < 4096; i++) encoder.encode(i & 1, 32768);
    assert.equal(encoder.flush().length, 513);
  });
});
