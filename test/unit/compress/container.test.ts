import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { decode, encode, encodeWithLedger } from '../../../src/core/compress/container/container';
import { estimatedLength } from '../../../src/core/compress/container/estimate';
import { entryBytes } from '../../../src/core/compress/container/ledger';
import { KolmoError } from '../../../src/core/error';
import { decodeHeader, kolmo } from '../../../src/core/formats/kolmo';
import { createRandom } from '../../../src/core/random';
import type { Model, Parameter } from '../../../src/core/train/model';
import { lenet300, lenet5, randomModel, sparseModel, tiny } from './models';

/** Every encoding, masked and not, on the same small network. */
const models: { [name: string]: () => Model } = {
  float32: () => randomModel(tiny),
  'float32 with a mask': () => changed((parameter) => mask(parameter, 0.7)),
  'half precision': () =>
    changed((parameter) =>
      parameter.data.forEach((v, i) => (parameter.data[i] = Math.fround(Math.round(v * 64) / 64))),
    ),
  'levels with one scale': () => sparseModel(tiny, 0.3),
  'levels with a scale and a zero point per channel': () => changed(perChannel),
  'levels with a scale and a zero point for groups of three rows': () => changed(perGroup),
  'a codebook': () => changed((parameter) => codebook(parameter, false)),
  'a codebook with a mask': () => changed((parameter) => codebook(parameter, true)),
  'tensors that the architecture does not imply': () => {
    const model = randomModel(tiny);
    model.parameters[0].name = 'sécond/weights';
    return model;
  },
  'all zeros': () => changed((parameter) => mask(parameter, 0)),
  'a convolutional network': () => sparseModel(lenet5, 0.02),
};

describe('packed model', () => {
  for (const [name, build] of Object.entries(models)) {
    it(`gives back ${name}`, () => {
      const model = build();
      const { bytes } = encodeWithLedger(model);
      const decoded = decode(bytes);
      assert.deepEqual(decoded.architecture, model.architecture);
      assert.equal(decoded.parameters.length, model.parameters.length);
      decoded.parameters.forEach((parameter, i) => {
        const wanted = model.parameters[i];
        assert.equal(parameter.name, wanted.name);
        assert.deepEqual(parameter.shape, wanted.shape);
        assert.deepEqual(plain(parameter.data), plain(wanted.data));
        assert.equal(parameter.encoding.type, wanted.encoding.type);
        assert.equal(parameter.mask === undefined, wanted.mask === undefined);
      });
      assert.deepEqual(encode(decoded), bytes, 'packing what was unpacked gives the same file');
    });

    it(`accounts for every byte of ${name}`, () => {
      const { bytes, ledger } = encodeWithLedger(build());
      const sum =
        ledger.header + ledger.tensors.reduce((total, entry) => total + entryBytes(entry), 0);
      assert.equal(sum, bytes.length);
      assert.equal(ledger.bytes, bytes.length);
    });

    it(`tells the length of ${name} without writing it`, () => {
      const model = build();
      const length = encode(model).length;
      assert.ok(Math.abs(estimatedLength(model, Infinity) - length) <= 4 + length * 0.001);
    });
  }

  it('packs sparse levels close to their entropy', () => {
    // 266,610 weights, 8 % not zero: 0.402 bits for each position, 2.62 bits for each level make 20.4 kB.
    assert.ok(encode(sparseModel(lenet300, 0.08)).length < 21_300);
  });

  it('spends at most 45 bytes on what surrounds the levels of a known architecture', () => {
    assert.ok(encode(changed((parameter) => levelsOf(parameter, () => 0), lenet300)).length <= 45);
  });

  it('is summarised from its header', async () => {
    const bytes = encode(sparseModel(lenet300, 0.08));
    const summary = await kolmo.read({
      name: 'model.kolmo',
      length: bytes.length,
      read: (offset, length) =>
        Promise.resolve(bytes.subarray(offset, Math.min(offset + length, 200))),
      sibling: () => Promise.resolve(undefined),
      unpacking() {},
    });
    assert.equal(summary.parameters, 266_610);
    assert.equal(summary.tensors[0].name, 'dense_1/weights');
    assert.equal(summary.tensors[0].dtype, '6-bit');
    const sum = summary.tensors.reduce((total, tensor) => total + tensor.bytes, 0);
    assert.ok(sum <= bytes.length && sum > bytes.length - 40);
  });
});

describe('damaged packed model', () => {
  it('is not read on when no further byte can help', async () => {
    const bytes = new Uint8Array(1 << 22);
    bytes.set([...Buffer.from('KOLM'), 9]);
    let read = 0;
    const reading = kolmo.read({
      name: 'model.kolmo',
      length: bytes.length,
      read: (offset, length) => {
        read += length;
        return Promise.resolve(bytes.subarray(offset, offset + length));
      },
      sibling: () => Promise.resolve(undefined),
      unpacking() {},
    });
    await assert.rejects(reading, /is of format version 9/);
    assert.equal(read, 1 << 16);
  });

  const good = encode(sparseModel(tiny, 0.4));

  it('is refused with a sentence wherever it was cut', () => {
    for (let length = 0; length < good.length; length++) {
      assert.throws(() => decode(good.subarray(0, length)), isSentence, `cut to ${length}`);
    }
  });

  it('is refused with a sentence whichever byte was altered', () => {
    const random = createRandom(1);
    for (let i = 0; i < good.length; i++) {
      for (const flip of [1, 0x80, 1 + random.integer(255)]) {
        const bad = good.slice();
        bad[i] ^= flip;
        assert.throws(() => decode(bad), isSentence, `byte ${i} altered`);
      }
    }
  });

  it('has a header that is refused or read, never trusted with memory', () => {
    const random = createRandom(2);
    for (let round = 0; round < 3000; round++) {
      const bad = good.slice();
      for (let k = 0; k < 3; k++) bad[5 + random.integer(good.length - 5)] = random.integer(256);
      try {
        decodeHeader(bad);
      } catch (error) {
        assert.ok(isSentence(error), String(error));
      }
    }
  });

  it('says what is wrong', () => {
    const cases: [Uint8Array, RegExp][] = [
      [new Uint8Array(0), /ends after 0 bytes.*cut off/],
      [Uint8Array.from([1, 2, 3, 4, 5, 6]), /does not begin with KOLM/],
      [altered(good, 4, 9), /format version 9.*update Kolmo|does not match its checksum/],
      [good.subarray(0, good.length - 1), /does not match its checksum/],
    ];
    for (const [bytes, message] of cases) assert.throws(() => decode(bytes), message);
  });
});

describe('a model that cannot be packed', () => {
  it('is refused for weights that are not finite', () => {
    const model = randomModel(tiny);
    model.parameters[0].data[7] = NaN;
    assert.throws(() => encode(model), /dense_1\/weights holds NaN at index 7.*learning rate/);
  });
});

function isSentence(error: unknown): boolean {
  return error instanceof KolmoError && /[.]$/.test(error.message);
}

function altered(bytes: Uint8Array, at: number, value: number): Uint8Array {
  const copy = bytes.slice();
  copy[at] = value;
  return copy;
}

/** Negative zero is a zero. */
const plain = (data: Float32Array): number[] => Array.from(data, (value) => value + 0);

function changed(change: (parameter: Parameter) => void, architecture = tiny): Model {
  const model = randomModel(architecture);
  model.parameters.forEach(change);
  return model;
}

function mask(parameter: Parameter, share: number): void {
  const random = createRandom(parameter.data.length);
  parameter.mask = Uint8Array.from(parameter.data, () => (random.uniform() < share ? 1 : 0));
  parameter.data = parameter.data.map((value, i) => (parameter.mask![i] ? value : 0));
}

function levelsOf(parameter: Parameter, level: (i: number) => number): void {
  const levels = Int32Array.from(parameter.data, (_, i) => level(i));
  parameter.encoding = {
    type: 'quantized',
    bits: 8,
    scales: Float32Array.of(0.25),
    zeroPoints: Int32Array.of(0),
    levels,
  };
  parameter.data = Float32Array.from(levels, (value) => 0.25 * value);
}

function perChannel(parameter: Parameter): void {
  const channels = parameter.shape[parameter.shape.length - 1];
  const scales = Float32Array.from({ length: channels }, (_, c) => 0.013 * (c + 1));
  const zeroPoints = Int32Array.from({ length: channels }, (_, c) => 100 + 7 * c);
  const levels = Int32Array.from(parameter.data, (value, i) =>
    Math.max(0, Math.min(255, Math.round(value / scales[i % channels]) + zeroPoints[i % channels])),
  );
  parameter.data = Float32Array.from(
    levels,
    (level, i) => scales[i % channels] * (level - zeroPoints[i % channels]),
  );
  parameter.encoding = { type: 'quantized', bits: 8, scales, zeroPoints, levels };
}

function perGroup(parameter: Parameter): void {
  const columns = parameter.shape[parameter.shape.length - 1];
  const rows = parameter.data.length / columns;
  const count = columns * Math.ceil(rows / 3);
  const scales = Float32Array.from({ length: count }, (_, g) => 0.017 * (g + 1));
  const zeroPoints = Int32Array.from({ length: count }, (_, g) => g);
  const groupOf = (i: number): number => Math.floor(i / columns / 3) * columns + (i % columns);
  const levels = Int32Array.from(parameter.data, (value, i) =>
    Math.round(value / scales[groupOf(i)] + zeroPoints[groupOf(i)]),
  );
  parameter.data = Float32Array.from(
    levels,
    (level, i) => scales[groupOf(i)] * (level - zeroPoints[groupOf(i)]),
  );
  parameter.encoding = { type: 'quantized', bits: 8, groupSize: 3, scales, zeroPoints, levels };
}

function codebook(parameter: Parameter, masked: boolean): void {
  const centroids = Float32Array.of(-0.3, -0.1, 0, 0.2, 0.45);
  if (masked) mask(parameter, 0.5);
  const indices = Int32Array.from(parameter.data, (_, i) =>
    parameter.mask?.[i] === 0 ? -1 : [0, 1, 3, 4, masked ? 4 : 2][i % 5],
  );
  parameter.data = Float32Array.from(indices, (index) => (index < 0 ? 0 : centroids[index]));
  parameter.encoding = { type: 'codebook', centroids, indices };
}
