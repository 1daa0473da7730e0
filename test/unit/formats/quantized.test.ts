import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { compareModels } from '../../../src/core/compare/compare';
import { explain } from '../../../src/core/formats/explain';
import { inspect } from '../../../src/core/formats/formats';
import { toHalf } from '../../../src/core/formats/half';
import { withModelFile } from '../../../src/core/formats/modelFile';
import {
  safetensors,
  writeSafetensors,
  type RawTensor,
} from '../../../src/core/formats/safetensors';
import { readValues } from '../../../src/core/formats/values';
import { createRandom } from '../../../src/core/random';
import { resultOf } from '../../../src/core/relay';
import { temporaryFolder } from '../../fixtures/temporaryFolder';

type Numbers = Int32Array | Uint16Array | Uint8Array | Int8Array | Float32Array | BigInt64Array;

const dtypes: Record<string, string> = {
  Int32Array: 'I32',
  Uint16Array: 'F16',
  Uint8Array: 'U8',
  Int8Array: 'I8',
  Float32Array: 'F32',
  BigInt64Array: 'I64',
};

const raw = (name: string, shape: number[], values: Numbers): RawTensor => ({
  name,
  dtype: dtypes[values.constructor.name],
  shape,
  bytes: new Uint8Array(values.buffer, values.byteOffset, values.byteLength),
});

const halves = (values: number[]): Uint16Array => Uint16Array.from(values, toHalf);

/** Codes of four bits, eight a word, the first in the lowest bits. */
function wordsOf(codes: number[]): Int32Array {
  const words = new Int32Array(codes.length / 8);
  codes.forEach((code, i) => (words[i >> 3] |= code << (4 * (i & 7))));
  return words;
}

const [outputs, inputs] = [16, 64];
const random = createRandom(3);
const codes = Array.from({ length: outputs * inputs }, () => random.integer(16));
const scales = Array.from({ length: 2 * outputs }, () => 2 ** -(1 + random.integer(4)));

/** A layer of GPTQ: codes of an output, groups of 32 inputs, all zero points as stored. */
function gptqLayer(stored: number, layer = 'fc'): RawTensor[] {
  const words = new Int32Array((inputs / 8) * outputs);
  for (let output = 0; output < outputs; output++) {
    wordsOf(codes.slice(output * inputs, (output + 1) * inputs)).forEach(
      (word, at) => (words[at * outputs + output] = word),
    );
  }
  return [
    raw(`${layer}.qweight`, [inputs / 8, outputs], words),
    raw(`${layer}.qzeros`, [2, outputs / 8], wordsOf(Array<number>(2 * outputs).fill(stored))),
    raw(`${layer}.scales`, [2, outputs], halves(scales)),
  ];
}

/** What that stands for. */
const weightWith = (zero: number): number[] =>
  codes.map((code, i) => {
    const [output, input] = [Math.floor(i / inputs), i % inputs];
    return scales[Math.floor(input / 32) * outputs + output] * (code - zero);
  });

const fileOf = (t: TestContext, files: Record<string, Uint8Array | string>): string => {
  const folder = temporaryFolder(t, files);
  return join(folder, Object.keys(files)[0]);
};

const valuesOf = (path: string, name: string): Promise<number[]> =>
  withModelFile(path, async (file) => {
    const tensor = (await safetensors.locate!(file)).find((each) => each.name === name);
    assert.ok(tensor, `${name} is not in the file`);
    return [...(await readValues(tensor))!];
  });

describe('quantized weights of several tensors', () => {
  it('are decoded as their libraries do, bit by bit', async () => {
    const path = 'test/fixtures/models/layers.safetensors';
    await withModelFile(path, async (file) => {
      const located = await safetensors.locate!(file);
      const decoded = located.filter(({ name }) => name.endsWith('.decoded'));
      assert.equal(decoded.length, 12);
      for (const expected of decoded) {
        const name = expected.name.replace('decoded', 'weight');
        const weight = located.find((each) => each.name === name)!;
        assert.equal(weight.parameters, 32 * 64);
        const all = [...(await readValues(expected))!];
        assert.deepEqual([...(await readValues(weight))!], all, name);
        // From within a row, of half a byte, to within another one.
        assert.deepEqual([...(await readValues(weight, 37, 201))!], all.slice(37, 238), name);
      }
    });
  });

  it('are one tensor with the bytes of all', async (t) => {
    const path = fileOf(t, {
      'a.safetensors': writeSafetensors([
        raw('norm.weight', [2], Float32Array.of(1, 2)),
        ...gptqLayer(7),
        raw('fc.bias', [outputs], new Float32Array(outputs)),
      ]),
    });
    const { tensors, notes } = await inspect(path);
    // 512 bytes of codes, 16 of zero points, 64 of scales.
    const stored =
      'GPTQ, 4 bits a weight, with a scale and a zero point for each 32 inputs of an output';
    assert.deepEqual(tensors[1], {
      name: 'fc.weight',
      dtype: 'gptq-int4-g32',
      shape: [outputs, inputs],
      parameters: 1024,
      bytes: 592,
      stored,
    });
    assert.deepEqual(
      tensors.map(({ name }) => name),
      ['norm.weight', 'fc.weight', 'fc.bias'],
    );
    assert.equal(notes[0], `1 weight quantized as ${stored}: 4.63 bits a weight in all.`);
  });

  const versions: [what: string, settings: Record<string, string>, stored: number, zero: number][] =
    [
      ['each less one, where nothing says which version it is', {}, 4, 5],
      ['as it is where all are in the middle, as the first version has none', {}, 8, 8],
      ['less one in the middle of the first version', { 'config.json': '{}' }, 7, 8],
      [
        'as config.json says',
        { 'config.json': '{"quantization_config": {"checkpoint_format": "gptq_v2"}}' },
        4,
        4,
      ],
      [
        'as quantize_config.json says',
        {
          'config.json': '{"model_type": "llama"}',
          'quantize_config.json': '{"checkpoint_format": "gptq"}',
        },
        8,
        9,
      ],
    ];
  for (const [what, settings, stored, zero] of versions) {
    it(`of GPTQ have their zero points ${what}`, async (t) => {
      const path = fileOf(t, { 'a.safetensors': writeSafetensors(gptqLayer(stored)), ...settings });
      assert.deepEqual(await valuesOf(path, 'fc.weight'), weightWith(zero));
    });
  }

  it('may lie in two files of an index', async (t) => {
    const [qweight, ...others] = gptqLayer(7);
    const path = fileOf(t, {
      'model.safetensors.index.json': JSON.stringify({
        weight_map: { 'fc.qweight': 'a.safetensors', 'fc.scales': 'b.safetensors' },
      }),
      'a.safetensors': writeSafetensors([qweight]),
      'b.safetensors': writeSafetensors(others),
    });
    assert.equal((await inspect(path)).parameters, 1024);
    assert.deepEqual(await valuesOf(path, 'fc.weight'), weightWith(8));
    // One of them alone is what it holds.
    const { tensors } = await inspect(
      path.replace('model.safetensors.index.json', 'a.safetensors'),
    );
    assert.deepEqual([tensors[0].name, tensors[0].dtype], ['fc.qweight', 'i32']);
  });

  it('are read in strips where all codes are many', async (t) => {
    const [rows, columns] = [2048, 8192];
    const words = Int32Array.from({ length: (rows * columns) / 8 }, (_, i) =>
      Math.imul(i + 1, 0x9e3779b1),
    );
    const path = fileOf(t, {
      'a.safetensors': writeSafetensors([
        raw('qweight', [columns / 8, rows], words),
        raw('qzeros', [1, rows / 8], new Int32Array(rows / 8)),
        raw('scales', [1, rows], halves(Array<number>(rows).fill(1))),
      ]),
    });
    await withModelFile(path, async (file) => {
      const [weight] = await safetensors.locate!(file);
      assert.equal(weight.dtype, 'gptq-int4');
      for (const row of [1022, 1023, 1024, 2047, 0]) {
        const values = await readValues(weight, row * columns - 3 * Math.sign(row), 9);
        const expected = Array.from({ length: 9 }, (_, i) => {
          const at = row * columns - 3 * Math.sign(row) + i;
          const [output, input] = [Math.floor(at / columns), at % columns];
          return ((words[(input >> 3) * rows + output] >>> (4 * (input & 7))) & 15) - 1;
        });
        assert.deepEqual([...values!], expected, `row ${row}`);
      }
    });
  });

  it('of eight bits have a scale for all, each output or each block', async (t) => {
    const weight = raw('fc.weight', [2, 4], Int8Array.of(-127, 0, 64, 127, 1, 2, 3, 4));
    const cases: [parts: RawTensor[], expected: number[]][] = [
      [[raw('fc.weight_scale', [], Float32Array.of(0.5))], [-63.5, 0, 32, 63.5, 0.5, 1, 1.5, 2]],
      [[raw('fc.weight_scale', [2, 1], Float32Array.of(1, 2))], [-127, 0, 64, 127, 2, 4, 6, 8]],
      [
        [
          raw('fc.weight_scale', [2], Float32Array.of(1, 2)),
          raw('fc.weight_zero_point', [2], Int8Array.of(1, -1)),
        ],
        [-128, -1, 63, 126, 4, 6, 8, 10],
      ],
      [
        [raw('fc.weight_scale_inv', [1, 2], Float32Array.of(1, 0.5))],
        [-127, 0, 32, 63.5, 1, 2, 1.5, 2],
      ],
      [
        [
          raw('fc.SCB', [2], Float32Array.of(127, 254)),
          raw('fc.weight_format', [], Uint8Array.of(0)),
        ],
        [-127, 0, 64, 127, 2, 4, 6, 8],
      ],
    ];
    for (const [parts, expected] of cases) {
      const path = fileOf(t, { 'a.safetensors': writeSafetensors([weight, ...parts]) });
      const { tensors } = await inspect(path);
      assert.deepEqual([tensors.length, tensors[0].dtype], [1, 'scaled-int8'], parts[0].name);
      assert.deepEqual(await valuesOf(path, 'fc.weight'), expected, parts[0].name);
    }
  });

  it('of four-bit floats are multiplied with both scales, or with powers of two', async (t) => {
    // 1, -6 | 0.5, 3 | … of 16 inputs, the first in the low half; scales of 2 and 0.5 in float8.
    const pairs = Uint8Array.of(0xf2, 0x51, 0, 0, 0, 0, 0, 0x70);
    const bytes = new Uint8Array([...pairs, ...pairs]);
    const values = (scale: number): number[] =>
      [1, -6, 0.5, 3, ...Array<number>(11).fill(0), 6].map((value) => value * scale);
    const eighths = {
      ...raw('fc.weight_scale', [2, 1], Uint8Array.of(0x40, 0x30)),
      dtype: 'F8_E4M3',
    };
    const cases: [
      tensors: RawTensor[],
      name: string,
      dtype: string,
      shape: number[],
      numbers: number[],
    ][] = [
      [
        [
          raw('fc.weight', [2, 8], bytes),
          eighths,
          raw('fc.weight_scale_2', [], Float32Array.of(4)),
        ],
        'fc.weight',
        'nvfp4',
        [2, 16],
        [...values(8), ...values(2)],
      ],
      [
        [
          raw('fc.down_proj_blocks', [2, 1, 1, 16], new Uint8Array([...bytes, ...bytes])),
          raw('fc.down_proj_scales', [2, 1, 1], Uint8Array.of(127, 129)),
        ],
        'fc.down_proj',
        'mxfp4',
        [2, 1, 32],
        [1, 1, 4, 4].flatMap(values),
      ],
    ];
    for (const [tensors, name, dtype, shape, numbers] of cases) {
      const path = fileOf(t, { 'a.safetensors': writeSafetensors(tensors) });
      const found = (await inspect(path)).tensors.map((each) => [
        each.name,
        each.dtype,
        each.shape,
      ]);
      assert.deepEqual(found, [[name, dtype, shape]]);
      assert.deepEqual(await valuesOf(path, name), numbers);
    }
  });

  it('are left as they are where a tensor is missing or of another shape', async (t) => {
    const [qweight, qzeros, scale] = gptqLayer(7);
    const narrow = raw('fc.scales', [2, 8], halves(scales.slice(16)));
    const order = raw('fc.g_idx', [4], new Int32Array(4));
    const float = raw('fc.weight', [2, 2], new Float32Array(4));
    for (const tensors of [
      [qweight, qzeros],
      [qweight, qzeros, narrow],
      [qweight, qzeros, scale, order],
      // A weight beside it would have the same name.
      [qweight, qzeros, scale, float],
      [float, raw('fc.weight_scale', [2], new Float32Array(2))],
    ]) {
      const path = fileOf(t, { 'a.safetensors': writeSafetensors(tensors) });
      assert.deepEqual(
        (await inspect(path)).tensors.map(({ name }) => name),
        tensors.map(({ name }) => name),
      );
    }
  });

  it('say what is wrong with them', async (t) => {
    const layer = gptqLayer(7);
    const order = raw('fc.g_idx', [inputs], new Int32Array(inputs).fill(2));
    const ordered = fileOf(t, { 'a.safetensors': writeSafetensors([...layer, order]) });
    await assert.rejects(valuesOf(ordered, 'fc.weight'), {
      message: 'a.safetensors: tensor “fc.g_idx” names group 2 of 2: the file is damaged.',
    });
    const settled = fileOf(t, { 'a.safetensors': writeSafetensors(layer), 'config.json': '{' });
    await assert.rejects(valuesOf(settled, 'fc.weight'), {
      message: /^config\.json beside a\.safetensors is not JSON: /,
    });
    const state = new TextEncoder().encode('{"shape"');
    const blocks = writeSafetensors([
      raw('fc.weight', [2, 1], new Uint8Array(2)),
      raw('fc.weight.absmax', [1], new Float32Array(1)),
      raw('fc.weight.quant_map', [16], new Float32Array(16)),
      raw('fc.weight.quant_state.bitsandbytes__nf4', [state.length], state),
    ]);
    await assert.rejects(inspect(fileOf(t, { 'a.safetensors': blocks })), {
      message: /^a\.safetensors: “fc\.weight\.quant_state\.bitsandbytes__nf4” is not JSON: /,
    });
  });

  it('are explained without advice about codes, scales and zero points', async (t) => {
    // Values of few bits, one value all over, and the same bytes twice.
    const order = Int32Array.from({ length: inputs }, (_, input) => Math.floor(input / 32));
    const layers = ['a', 'b'].flatMap((layer) => [
      ...gptqLayer(7, layer),
      raw(`${layer}.g_idx`, [inputs], order),
    ]);
    const path = fileOf(t, { 'a.safetensors': writeSafetensors(layers) });
    const { findings, quantized, entropyBytes } = await explain(path);
    assert.deepEqual(
      findings.map(({ type, tensors }) => [type, tensors]),
      [['duplicates', ['a.weight', 'b.weight']]],
    );
    assert.deepEqual(quantized, [
      '2 weights quantized as GPTQ, 4 bits a weight, with a scale and a zero point for each 32 inputs of an output and the group of each input: 6.63 bits a weight in all.',
    ]);
    assert.ok(entropyBytes! > 900 && entropyBytes! < 1400, `${entropyBytes} bytes`);
  });

  it('are compared as what they stand for with the weight that they were made from', async (t) => {
    const weight = weightWith(8);
    const changed = weight.with(5, weight[5] + 1);
    const folder = temporaryFolder(t, {
      'a.safetensors': writeSafetensors([
        raw('fc.weight', [outputs, inputs], Float32Array.from(changed)),
      ]),
      'b.safetensors': writeSafetensors(gptqLayer(7)),
    });
    const { pairs, onlyInB } = await resultOf(
      compareModels(join(folder, 'a.safetensors'), join(folder, 'b.safetensors')),
    );
    const [{ b, by, axes, difference }] = pairs;
    assert.deepEqual(
      [onlyInB, b.bytes, b.bitsPerParameter, by, axes],
      [[], 592, 4.625, 'name', undefined],
    );
    const power = changed.reduce((sum, value) => sum + value * value, 0);
    assert.equal(difference!.largestError, 1);
    assert.ok(Math.abs(difference!.sqnr! - 10 * Math.log10(power)) < 1e-9);
  });
});
