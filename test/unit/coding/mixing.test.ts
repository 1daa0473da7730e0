import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createDecoder, createEncoder } from '../../../src/core/coding/arithmetic';
import { createPredictor, squash, stretch } from '../../../src/core/coding/mixing';
import { createRandom } from '../../../src/core/random';

/** Symbols of 4 bits, coded most significant bit first under their own history. */
function code(symbols: Uint8Array): Uint8Array {
  const predictor = createPredictor({ contexts: 3, sets: 16, cells: 1 << 12 });
  const encoder = createEncoder();
  let [before, earlier] = [0, 0];
  for (const symbol of symbols) {
    let node = 1;
    for (let b = 3; b >= 0; b--) {
      const bit = (symbol >> b) & 1;
      encoder.encode(bit, predictor.predict(contextsOf(node, before, earlier), node));
      predictor.update(bit);
      node = node * 2 + bit;
    }
    [before, earlier] = [symbol, before];
  }
  return encoder.flush();
}

function decode(bytes: Uint8Array, count: number): Uint8Array {
  const predictor = createPredictor({ contexts: 3, sets: 16, cells: 1 << 12 });
  const decoder = createDecoder(bytes);
  const symbols = new Uint8Array(count);
  let [before, earlier] = [0, 0];
  for (let i = 0; i < count; i++) {
    let node = 1;
    while (node < 16) {
      const bit = decoder.decode(predictor.predict(contextsOf(node, before, earlier), node));
      predictor.update(bit);
      node = node * 2 + bit;
    }
    symbols[i] = node & 15;
    [before, earlier] = [symbols[i], before];
  }
  return symbols;
}

const contextsOf = (node: number, before: number, earlier: number) => [
  node,
  node | (before << 4),
  node | (before << 4) | (earlier << 8),
];

describe('bit predictor', () => {
  const random = createRandom(11);
  const uniform = Uint8Array.from({ length: 4000 }, () => random.integer(16));
  const skewed = Uint8Array.from({ length: 4000 }, () => Math.floor(16 * random.uniform() ** 4));
  const cycle = Uint8Array.from({ length: 4000 }, (_, i) => (i * 5) & 15);
  const cases = [
    { name: 'uniform symbols', symbols: uniform, size: 2012 },
    { name: 'skewed symbols', symbols: skewed, size: 1433 },
    { name: 'a cycle', symbols: cycle, size: 23 },
  ];
  for (const { name, symbols, size } of cases) {
    it(`codes ${name} in ${size} bytes and back`, () => {
      const bytes = code(symbols);
      assert.deepEqual(decode(bytes, symbols.length), symbols);
      assert.equal(bytes.length, size);
    });
  }

  it('gives probabilities the coder accepts, however long a run lasts', () => {
    const predictor = createPredictor({ contexts: 2 });
    for (let i = 0; i < 20_000; i++) {
      const p = predictor.predict([0, 1]);
      assert.ok(Number.isInteger(p) && p >= 1 && p <= 65535);
      predictor.update(i < 15_000 ? 1 : 0);
    }
  });
});

describe('logistic tables', () => {
  it('agree with the exponential and the logarithm', () => {
    for (let x = -12; x <= 12; x += 0.37) {
      assert.ok(Math.abs(squash(x) - 1 / (1 + Math.exp(-x))) < 1e-6);
    }
    for (let i = 0; i < 4096; i += 7) {
      const p = (i + 0.5) / 4096;
      assert.ok(Math.abs(stretch(p) - Math.log(p / (1 - p))) < 1e-12);
    }
  });
});
