import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { analyse } from '../../../src/core/program/analyse';
import { predictorProgram } from '../../../src/core/program/generate';
import { encodeWith } from '../../../src/core/program/model/evaluate';
import { aroundFor, fastModel, modelFor } from '../../../src/core/program/model/kinds';
import { scriptsOf } from '../../../src/core/program/model/script';
import type { Syntax } from '../../../src/core/program/syntax';
import { createRandom } from '../../../src/core/random';
import { decodeWith } from '../../fixtures/decodeWith';
import { finishedSync } from '../../fixtures/finished';
import { wovenPicture } from '../../fixtures/media';

const random = createRandom(8);
const lines = (line: (i: number) => string): Uint8Array =>
  Uint8Array.from(Buffer.from(Array.from({ length: 150 }, (_, i) => line(i) + '\n').join('')));

const images = new Uint8Array(16 + 8 * 28 * 28).map((_, i) =>
  i % 28 > 8 && i % 28 < 19 ? 200 + random.integer(50) : 0,
);
images.set([0, 0, 8, 3, 0, 0, 0, 8, 0, 0, 0, 28, 0, 0, 0, 28]);

const portrait = Uint8Array.from([
  ...Buffer.from('P6 40 30 255\n'),
  ...Array.from({ length: 3600 }, (_, i) => ((i % 120) + (i % 3) * 9 + random.integer(4)) & 255),
]);

/** A model that looks at what the decoder does not know yet would pass every test but this one. */
const sources: { type: Syntax['type']; bytes: Uint8Array }[] = [
  { type: 'table', bytes: lines((i) => `${i},${i * i},${random.integer(5)},x${i % 3}`) },
  { type: 'json', bytes: lines((i) => JSON.stringify({ id: i, kind: random.integer(4) })) },
  {
    type: 'log',
    bytes: lines((i) => `Dec 10 06:55:${10 + (i % 50)} sshd[${i >> 2}]: try ${i & 3} of user`),
  },
  { type: 'text', bytes: lines((i) => `  the ${i % 7} of\n     them, and ${i % 5}`) },
  { type: 'image', bytes: images },
  { type: 'raster', bytes: portrait },
  {
    type: 'records',
    bytes: Uint8Array.from({ length: 4000 }, (_, i) =>
      i % 12 < 8 ? (i / 12) & 255 : random.integer(9),
    ),
  },
  { type: 'bytes', bytes: Uint8Array.from({ length: 4000 }, () => random.integer(250)) },
];

describe('mixing predictor', () => {
  for (const { type, bytes } of sources) {
    it(`brings ${type} back from its payload alone`, () => {
      const { syntax, full } = analyse(bytes);
      assert.equal(syntax.type, type);
      const { payload, costs } = finishedSync(encodeWith(full, bytes));
      assert.deepEqual(decodeWith(full, payload, bytes.length), bytes);
      const bits = costs.reduce((sum, cost) => sum + cost, 0);
      assert.ok(Math.abs(payload.length - bits / 8) < 8, `${payload.length} bytes, ${bits} bits`);
    });
  }
});

describe('pixels', () => {
  it('are expected by least squares where they follow from those around', () => {
    const bytes = wovenPicture(96, 64);
    const { syntax, full } = analyse(bytes);
    const expected = finishedSync(encodeWith(full, bytes)).payload;
    const plain = finishedSync(encodeWith(modelFor(syntax, undefined, false), bytes)).payload;
    assert.ok(expected.length < 0.97 * plain.length, `${expected.length}, ${plain.length}`);
    assert.deepEqual(decodeWith(full, expected, bytes.length), bytes);
  });

  it('are told as well by decisions around what is expected', () => {
    const bytes = wovenPicture(96, 64);
    const { syntax, full } = analyse(bytes);
    const around = aroundFor(full, syntax)!;
    const { payload } = finishedSync(encodeWith(around, bytes));
    assert.deepEqual(decodeWith(around, payload, bytes.length), bytes);
    const { contexts, ...rest } = around;
    const alone = finishedSync(encodeWith({ ...rest, contexts: contexts.slice(0, 2) }, bytes));
    const bits = finishedSync(encodeWith({ ...full, contexts: full.contexts.slice(0, 2) }, bytes));
    const [few, plain] = [alone, bits].map(({ payload }) => payload.length);
    assert.ok(few < 1.01 * plain, `${few}, ${plain}`);
  });

  it("come back from a program of blocks, whose table is full and lies elsewhere than the encoder's", () => {
    const bytes = wovenPicture(400, 300);
    const { syntax, full } = analyse(bytes);
    for (const model of [full, aroundFor(full, syntax)!]) {
      const small = { ...model, contexts: model.contexts.slice(0, 2), largestTable: 1 << 20 };
      const { payload } = finishedSync(encodeWith(small, bytes));
      const decoded = decodeWith(small, payload, bytes.length, { asBlock: true });
      assert.ok(Buffer.from(bytes).equals(decoded));
    }
  });

  it('come back where a row is one of them', () => {
    const bytes = Uint8Array.from({ length: 400 }, (_, i) => i + random.integer(9));
    const syntax: Syntax = { type: 'raster', header: 5, row: 1, pixel: 1 };
    const full = modelFor(syntax);
    for (const model of [full, ...scriptsOf(full), aroundFor(full, syntax)!]) {
      const { payload } = finishedSync(encodeWith(model, bytes));
      assert.deepEqual(decodeWith(model, payload, bytes.length), bytes);
    }
  });

  for (const pixel of [1, 2, 4, 15, 16])
    it(`come back where they have ${pixel} channels`, () => {
      const bytes = Uint8Array.from(
        { length: 40 * pixel * 6 + 5 },
        (_, i) => (i % pixel) * 9 + (i >> 5) + random.integer(4),
      );
      const syntax: Syntax = { type: 'raster', header: 5, row: 40 * pixel, pixel };
      const full = modelFor(syntax);
      assert.equal(full.expected !== undefined, pixel < 16);
      const models = [full, ...scriptsOf(full), aroundFor(full, syntax) ?? full];
      for (const model of models) {
        const { payload } = finishedSync(encodeWith(model, bytes));
        assert.deepEqual(decodeWith(model, payload, bytes.length), bytes);
      }
    });
});

describe('predictor in JavaScript', () => {
  for (const { type, bytes } of sources.filter(({ type }) => type !== 'image')) {
    it(`brings ${type} back, hardly longer than the kernel makes it, from 800 bytes less of decoder`, async () => {
      const { full } = analyse(bytes);
      const [script] = scriptsOf(full);
      const { payload } = finishedSync(encodeWith(script, bytes));
      assert.deepEqual(decodeWith(script, payload, bytes.length), bytes);
      const compiled = finishedSync(encodeWith(full, bytes)).payload;
      assert.ok(
        payload.length < 1.06 * compiled.length + 24,
        `${payload.length}, ${compiled.length} bytes with the kernel`,
      );
      const [short, long] = await Promise.all(
        [script, full].map((model) =>
          predictorProgram(model, payload, bytes.length, { ascii: false }),
        ),
      );
      assert.ok(short.runtime < long.runtime - 800, `${short.runtime}, ${long.runtime}`);
    });
  }

  it('sees as little of the byte to come as its decoder does', () => {
    const { bytes } = sources[0];
    const [script] = scriptsOf(analyse(bytes).full);
    const peeking = { ...script, contexts: [...script.contexts, 'data[i]', 'data[i+1]'] };
    const { payload } = finishedSync(encodeWith(peeking, bytes));
    assert.deepEqual(decodeWith(peeking, payload, bytes.length), bytes);
  });

  it('has no part in what only the kernel does', () => {
    assert.deepEqual(scriptsOf(analyse(images).full), []);
  });
});

describe('log model', () => {
  it('tells a port by the last one of its address', () => {
    const ports = Array.from({ length: 5 }, () => 20000 + random.integer(40000));
    const bytes = lines((i) => {
      const host = random.integer(5);
      ports[host] += 1 + random.integer(3);
      return `Dec 10 06:55:10 sshd[${i}]: from 10.0.0.${host} port ${ports[host]} ssh`;
    });
    const { syntax, full } = analyse(bytes);
    assert.equal(syntax.type, 'log');
    const contexts = full.contexts.filter((context) => !context.includes('twin'));
    assert.ok(contexts.length < full.contexts.length);
    const [told, untold] = [full, { ...full, contexts }].map((model) =>
      finishedSync(encodeWith(model, bytes))
        .costs.subarray(bytes.length >> 1)
        .reduce((sum, bits) => sum + bits, 0),
    );
    assert.ok(told < 0.97 * untold, `${told} bits with it, ${untold} without`);
  });
});

describe('a context', () => {
  it('that reads the byte to come sees as little of it as the decoder does', () => {
    const { bytes } = sources[0];
    const { full } = analyse(bytes);
    const peeking = { ...full, contexts: [...full.contexts, 'data[i]', 'data[i+1]'] };
    const { payload } = finishedSync(encodeWith(peeking, bytes));
    assert.deepEqual(decodeWith(peeking, payload, bytes.length), bytes);
  });
});

describe('fast model', () => {
  for (const { type, bytes } of sources.filter(({ type }) => type === 'log' || type === 'table')) {
    it(`predicts ${type} from less than two thirds of the contexts`, () => {
      const { syntax, full } = analyse(bytes);
      const fast = fastModel(full, syntax, false);
      assert.ok(fast.contexts.length * 3 < full.contexts.length * 2, `${fast.contexts.length}`);
      assert.ok(fast.selectors.length < full.selectors.length);
    });
  }

  it('decides most bytes of long tables quickly, with hardly more bits', () => {
    const bytes = lines(() => `measured,${random.integer(10)},in metres,above the sea`);
    const { syntax, full } = analyse(bytes);
    const fast = fastModel(full, syntax, true);
    const quick = finishedSync(encodeWith(fast, bytes));
    assert.deepEqual(decodeWith(fast, quick.payload, bytes.length), bytes);
    // A single context has fewer inputs than a quiet byte.
    const single = { ...fast, contexts: fast.contexts.slice(0, 1), matches: [] };
    const { payload } = finishedSync(encodeWith(single, bytes));
    assert.deepEqual(decodeWith(single, payload, bytes.length), bytes);
    const slow = finishedSync(encodeWith({ ...fast, quiet: undefined }, bytes));
    assert.notDeepEqual(quick.payload, slow.payload);
    assert.ok(quick.payload.length < 1.1 * slow.payload.length, `${quick.payload.length}`);
  });
});
