import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { findInValues } from '../../../src/core/formats/explainValues';
import type { FindingType } from '../../../src/core/formats/finding';
import type { Coding, FormatName, LocatedTensor } from '../../../src/core/formats/format';
import { toHalf } from '../../../src/core/formats/half';
import { sampleTensor, type Sample } from '../../../src/core/formats/sample';

/** A tensor of these values. */
const stored = (dtype: string, values: ArrayBufferView, name = 'w'): LocatedTensor => {
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  return {
    name,
    dtype,
    parameters: 'length' in values ? Number(values.length) : 0,
    bytes: bytes.length,
    offset: 0,
    file: {
      name: 'a',
      length: bytes.length,
      read: async (offset, length) => bytes.subarray(offset, offset + length),
    },
  };
};

const roots = (count: number): Float32Array =>
  Float32Array.from({ length: count }, (_, i) => Math.sqrt(i + 2));

async function kinds(
  format: FormatName,
  ...tensors: LocatedTensor[]
): Promise<[FindingType, string][]> {
  const samples: Sample[] = [];
  for (const tensor of tensors) samples.push((await sampleTensor(tensor))!);
  return findInValues(samples, format).map(({ type, advice }) => [type, advice]);
}

describe('sampleTensor', () => {
  it('looks at all values of a tensor up to 2 MiB, and at each once', async () => {
    for (const count of [25_000, 32 << 14]) {
      const { whole, values, zeros } = (await sampleTensor(
        stored('float32', new Float32Array(count)),
      ))!;
      assert.deepEqual([whole, values, zeros], [true, count, 1]);
    }
    const larger = (await sampleTensor(stored('float32', new Float32Array((32 << 14) + 1))))!;
    assert.deepEqual([larger.whole, larger.values], [false, 32 << 14]);
  });
});

describe('findInValues', () => {
  for (const [dtype, bits] of [
    ['bf16', (value: number) => new Uint32Array(new Float32Array([value]).buffer)[0] >>> 16],
    ['f16', toHalf],
  ] as const) {
    it(`does not take norms near 1 for shared weights, nor shared ones for norms, as ${dtype}`, async () => {
      const typesOf = async (values: Float32Array) =>
        (await kinds('safetensors', stored(dtype, Uint16Array.from(values, bits)))).map(
          ([type]) => type,
        );
      const step = dtype === 'bf16' ? 2 ** -8 : 2 ** -11;
      const norms = roots(2048).map((_, k) => 1 + ((k * 37) % 41) * step - 20 * step);
      assert.deepEqual(await typesOf(norms), []);
      assert.deepEqual(await typesOf(norms.map((value) => -value)), []);
      const shared = roots(2048).map((_, k) => ((k * 37) % 41) / 8 - 2.55);
      assert.deepEqual(await typesOf(shared), ['fewValues']);
    });
  }

  it('does not take small integers for quantized weights', async () => {
    const digits = stored(
      'int64',
      BigInt64Array.from({ length: 1000 }, (_, i) => BigInt(i % 10)),
    );
    assert.deepEqual(
      (await kinds('safetensors', digits)).map(([type]) => type),
      ['widened'],
    );
  });

  it('says of quantized numbers of 8 bits alone that four are enough', async () => {
    const coding: Coding = { type: 'quantized', scales: [0.1], zeroPoints: [0], inner: 1 };
    const codes = Array.from({ length: 1000 }, (_, i) => (i % 16) - 8);
    const bytes = { ...stored('int8', Int8Array.from(codes)), coding };
    const biases = { ...stored('int32', Int32Array.from(codes)), coding };
    assert.match((await kinds('onnx', bytes))[0][1], /^Save them as int4/);
    assert.deepEqual(await kinds('onnx', biases), []);
  });

  it('says nothing of GGUF that what runs it does not take', async () => {
    const [constant, twice, embedding, output] = [
      stored('f32', new Float32Array(1000).fill(1), 'norm.weight'),
      stored('f32', roots(900), 'rope_freqs.weight'),
      stored('f32', roots(1000), 'token_embd.weight'),
      stored('f32', roots(1000), 'output.weight'),
    ];
    const other = { ...twice, name: 'other' };
    assert.deepEqual(await kinds('gguf', constant, twice, other), []);
    const [[type, advice]] = await kinds('gguf', embedding, output);
    assert.equal(type, 'duplicates');
    assert.match(advice, /^Leave output\.weight out: /);
  });

  it('says nothing of smaller types that Keras would not save', async () => {
    const halves = stored('float32', roots(1000).map(Math.round));
    const many = stored(
      'float32',
      Float32Array.from({ length: 1000 }, (_, i) => i),
    );
    assert.deepEqual(await kinds('keras', many), []);
    assert.equal((await kinds('safetensors', many))[0][0], 'widened');
    assert.equal((await kinds('keras', halves))[0][0], 'fewValues');
  });

  it('says of few values and of duplicates that they were looked at in part', async () => {
    const few = stored(
      'float32',
      Float32Array.from({ length: 1 << 20 }, (_, i) => 1 + (i % 3)),
    );
    const samples = [(await sampleTensor(few))!, (await sampleTensor({ ...few, name: 'v' }))!];
    const found = findInValues(samples, 'safetensors');
    const message = (type: FindingType): string =>
      found.find((each) => each.type === type)!.message;
    assert.match(message('fewValues'), /written as float32, as far as was looked at: /);
    assert.match(message('duplicates'), /bytes 2 times, as far as was looked at\.$/);
  });
});
