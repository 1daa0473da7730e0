import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { decode, encode, encodeWithLedger } from '../../../src/core/compress/container/container';
import { estimatedLength } from '../../../src/core/compress/container/estimate';
import { apportion, entryBytes } from '../../../src/core/compress/container/ledger';
import { KolmoError } from '../../../src/core/error';
import { decodeHeader, kolmo } from '../../../src/core/formats/kolmo';
import { createRandom } from '../../../src/core/random';
import type { Model, Parameter } from '../../../src/core/train/model';
import { lenet300, lenet5, randomModel, sparseModel, tiny } from './models';

/** Every encoding, masked and not, on the same small network. */
const models: { [name: string]: () => Model } = {
  float32: () => randomModel(tiny),
  'float32 with a mask': () => changed((parameter) => mask(parameter, 0.7)),
  'float32 with zeros': () =>
    changed(({ data }) => data.forEach((_, i) => i % 3 === 0 && (data[i] = 0))),
  'half precision': () =>
    changed((parameter) =>
      parameter.data.forEach((v, i) => (parameter.data[i] = Math.fround(Math.round(v * 64) / 64))),
    ),
  'levels with one scale': () => sparseModel(tiny, 0.3),
  'levels with a scale and a zero point per channel': () => changed(perChannel),
  'levels with a scale and a zero point for groups of three rows': () => changed(perGroup),
  'a codebook': () => changed((parameter) => codebook(parameter, false)),
  'a codebook with a mask': () => changed((parameter) => codebook(parameter, true)),
  'a codebook of one value': () => changed(oneValue),
  'tensors that the architecture does not imply': () => {
    const model = randomModel(tiny);
    model.parameters[0].name = 'sécond/weights';
    return model;
  },
  'all zeros': () => changed((parameter) => mask(parameter, 0)),
  'a convolutional network': () => sparseModel(lenet5, 0.02),
};

/** The last four bytes of each of them, packed. */
const checksumsOfVersion2: { [name: string]: string } = {
  float32: '0cffc388',
  'float32 with a mask': '8512a73c',
  'float32 with zeros': 'a75d7cc3',
  'half precision': 'a57143a2',
  'levels with one scale': 'c5e52000',
  'levels with a scale and a zero point per channel': '4e01a33d',
  'levels with a scale and a zero point for groups of three rows': '00bb3fcc',
  'a codebook': 'c2494621',
  'a codebook with a mask': 'f49dfe65',
  'a codebook of one value': '41ce77d9',
  'tensors that the architecture does not imply': '3de6f2aa',
  'all zeros': '1d344892',
  'a convolutional network': 'ed1a634a',
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

  it('is written as the format says, byte by byte: another stream needs another version', () => {
    const checksums = Object.fromEntries(
      Object.entries(models).map(([name, build]) => [
        name,
        Buffer.from(encode(build())).subarray(-4).toString('hex'),
      ]),
    );
    assert.deepEqual(checksums, checksumsOfVersion2);
  });

  it('has no centroid of zero for weights that were pruned', () => {
    const [{ encoding }] = decode(
      encode(changed((parameter) => codebook(parameter, true))),
    ).parameters;
    assert.ok(encoding.type === 'codebook');
    assert.equal(encoding.centroids.includes(0), false);
    assert.ok(encoding.indices.includes(-1));
  });

  it('has its length told from rows in the middle, as images are empty at their borders', () => {
    const model = sparseModel(lenet300, 0.08);
    const [{ data, mask, encoding }] = model.parameters;
    assert.ok(encoding.type === 'quantized');
    for (let i = 0; i < data.length; i++) {
      const line = Math.floor(i / 300 / 28);
      if (line < 10 || line >= 18) data[i] = mask![i] = encoding.levels[i] = 0;
    }
    const length = encode(model).length;
    const estimate = estimatedLength(model, 10_000);
    assert.ok(Math.abs(estimate / length - 1) < 0.05, `${estimate} of ${length}`);
  });

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

describe('shares of whole bytes', () => {
  it('go to the largest remainders, of equal ones to the first', () => {
    assert.deepEqual(apportion([1, 2, 3.6], 10), [2, 3, 5]);
    assert.deepEqual(apportion([1, 1, 1], 2), [1, 1, 0]);
    assert.deepEqual(apportion([0, 0], 3), [3, 0]);
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
    model.parameters[0].data[7] = -Infinity;
    assert.throws(() => encode(model), /dense_1\/weights holds -Infinity at index 7/);
  });

  it('is refused for a tensor without values, which no reader takes', () => {
    const model = randomModel(tiny);
    const [first] = model.parameters;
    model.parameters[0] = { ...first, shape: [0, 8], data: new Float32Array(0) };
    assert.throws(() => encode(model), /dense_1\/weights has the shape 0 x 8, and so no value/);
  });

  it('is refused for levels that are as large as their limit, and for none below', () => {
    const withLevel = (level: number): Model =>
      changed((parameter) => levelsOf(parameter, (i) => (i === 2 ? level : 0)));
    for (const level of [2 ** 20, -(2 ** 20)]) {
      assert.throws(
        () => encode(withLevel(level)),
        new RegExp(`the level ${level} at index 2, and a packed model holds levels below 1048576`),
      );
    }
    for (const level of [2 ** 20 - 1, 1 - 2 ** 20]) {
      const [{ encoding }] = decode(encode(withLevel(level))).parameters;
      assert.equal(encoding.type === 'quantized' && encoding.levels[2], level);
    }
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

function oneValue(parameter: Parameter): void {
  const indices = new Int32Array(parameter.data.length);
  parameter.data.fill(-0.5);
  parameter.encoding = { type: 'codebook', centroids: Float32Array.of(-0.5), indices };
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
