import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { LocatedTensor } from '../../../src/core/formats/format';
import { findFormat, formats } from '../../../src/core/formats/formats';
import { withModelFile } from '../../../src/core/formats/modelFile';
import type { Pickled } from '../../../src/core/formats/pickle';
import { findTorchTensors } from '../../../src/core/formats/torchTensors';
import { readValues } from '../../../src/core/formats/values';
import { temporaryFolder } from '../../fixtures/temporaryFolder';

const models = 'test/fixtures/models';

/** The values of all tensors of a file that have some, by name. */
async function valuesOf(path: string): Promise<Map<string, Float64Array>> {
  return withModelFile(path, async (file) => {
    const format = formats[findFormat(file.name, await file.read(0, 4096))];
    const found = new Map<string, Float64Array>();
    for (const tensor of await format.locate!(file)) {
      const values = await readValues(tensor);
      if (values) found.set(tensor.name, values);
    }
    return found;
  });
}

/** A tensor of these bytes alone. */
const stored = (dtype: string, parameters: number, ...bytes: number[]): LocatedTensor => ({
  name: 'w',
  dtype,
  parameters,
  bytes: bytes.length,
  offset: 0,
  file: {
    name: 'a',
    length: bytes.length,
    read: async (offset, length) => Uint8Array.from(bytes.slice(offset, offset + length)),
  },
});

describe('readValues', () => {
  it('decodes the blocks of GGUF as gguf does, bit by bit', async () => {
    const values = await valuesOf(join(models, 'blocks.gguf'));
    const types = [...values.keys()].filter((name) => !name.endsWith('decoded'));
    assert.equal(types.length, 17);
    for (const type of types) {
      assert.deepEqual([...values.get(type)!], [...values.get(`${type} decoded`)!], type);
    }
  });

  it('reads a part that begins and ends within blocks', async () => {
    await withModelFile(join(models, 'blocks.gguf'), async (file) => {
      for (const tensor of await formats.gguf.locate!(file)) {
        const all = (await readValues(tensor))!;
        assert.equal(all.length, 256);
        assert.deepEqual(
          [...(await readValues(tensor, 37, 50))!],
          [...all.slice(37, 87)],
          tensor.dtype,
        );
      }
    });
  });

  const plain: [dtype: string, bytes: number[], values: number[]][] = [
    ['f8_e4m3', [0x00, 0x01, 0x38, 0xfe, 0x7f], [0, 2 ** -9, 1, -448, NaN]],
    ['float8_e4m3fnuz', [0x01, 0x40, 0x7f, 0x80], [2 ** -10, 1, 240, NaN]],
    ['float8e5m2', [0x01, 0x3c, 0x7b, 0xfc, 0x7d], [2 ** -16, 1, 57344, -Infinity, NaN]],
    ['float8e5m2fnuz', [0x01, 0x40, 0xff, 0x80], [2 ** -17, 1, -57344, NaN]],
    ['int4', [0x7f, 0x08], [-1, 7, -8]],
    ['uint4', [0x7f, 0x08], [15, 7, 8]],
    ['float4_e2m1fn_x2', [0x7f, 0x01], [-6, 6, 0.5]],
    ['f4', [0x7f, 0x01], [-6, 6, 0.5]],
    ['bfloat16', [0x80, 0x3f, 0x00, 0xc0], [1, -2]],
    ['half', [0x00, 0x3c, 0x01, 0x80], [1, -(2 ** -24)]],
    ['i64', [0xfe, ...Array<number>(7).fill(0xff)], [-2]],
    ['u16', [0xfe, 0xff], [65534]],
    ['bool', [1, 0], [1, 0]],
  ];
  for (const [dtype, bytes, values] of plain) {
    it(`reads ${dtype}`, async () => {
      const read = await readValues(stored(dtype, values.length, ...bytes));
      assert.deepEqual([...read!], values);
    });
  }

  it('scales the integers of TensorFlow Lite by tensor and by channel', async () => {
    const values = await valuesOf(join(models, 'quantized.tflite'));
    const rounded = (scale: number, ...codes: number[]): number[] =>
      codes.map((code) => Math.fround(Math.fround(scale) * code));
    assert.deepEqual(
      [...values].map(([name, each]) => [name, [...each]]),
      [
        ['whole', rounded(0.1, -128, -127, 0, 1, 126, 127)],
        ['rows', [-64, 0, 63.5, ...rounded(0.01, -2, 0, 1)]],
        ['columns', [1, 2, 3, 4, 8, 12]],
        ['four', [0.25, -2, -0.25, 1.75, 0.5]],
        ['half', [1.5, -2]],
      ],
    );
  });

  it('says of scales of TensorFlow Lite that do not fit that they are not read', async (t) => {
    const bytes = readFileSync(join(models, 'quantized.tflite'));
    const scales = Buffer.alloc(12);
    scales.writeUInt32LE(2);
    scales.writeFloatLE(0.5, 4);
    scales.writeFloatLE(0.01, 8);
    bytes.writeUInt32LE(1 + 2, bytes.indexOf(scales));
    const path = join(temporaryFolder(t, { 'a.tflite': bytes }), 'a.tflite');
    await withModelFile(path, async (file) => {
      assert.deepEqual(
        (await formats.tflite.locate!(file)).map(({ coding, unscaled }) => [
          coding?.type,
          unscaled,
        ]),
        [
          ['quantized', undefined],
          [undefined, true],
          ['quantized', undefined],
          ['quantized', undefined],
          [undefined, undefined],
        ],
      );
    });
  });

  it('counts the offset of PyTorch’s pairs of four-bit values in values', () => {
    const global = (name: string): Pickled => ({ type: 'global', name });
    const call = (callee: string, ...given: Pickled[]): Pickled => ({
      type: 'call',
      callee: global(callee),
      arguments: given,
    });
    const storage: Pickled = {
      type: 'persistent',
      id: ['storage', global('torch.UntypedStorage'), '0', 'cpu', 99],
    };
    const pairs = call(
      'torch._utils._rebuild_tensor_v3',
      ...[storage, 5, [4], [1], false, null, global('torch.float4_e2m1fn_x2')],
    );
    const [{ first, shape }] = findTorchTensors(pairs);
    assert.deepEqual([first, shape], [10, [8]]);
  });

  it('says where the columns of an array of NumPy lie one after the other', async () => {
    await withModelFile(join(models, 'kinds.npz'), async (file) => {
      const orders = (await formats.npz.locate!(file)).map(({ name, order }) => [name, order]);
      assert.deepEqual(orders.slice(-2), [
        ['big', undefined],
        ['columns', [1, 0]],
      ]);
    });
  });

  it('unpacks the arrays of NumPy, of either byte order', async () => {
    const kinds = await valuesOf(join(models, 'kinds.npz'));
    assert.deepEqual([...kinds.keys()], ['big', 'columns']);
    assert.deepEqual([...kinds.get('columns')!], [-3, 0, -2, 1, -1, 2]);
    assert.deepEqual([...kinds.get('big')!], [-3, -2, -1, 0, 1, 2]);
    const deflated = await valuesOf(join(models, 'deflated.npz'));
    assert.equal(deflated.get('w')!.length, 3000);
    assert.deepEqual([...deflated.get('i')!], [-3, -2, -1, 0]);
  });

  it('scales the weights of TensorFlow.js, which may lie across its shards', async (t) => {
    const shards = [
      Uint8Array.of(0, 10, 255, 1, 0, 2),
      Uint8Array.of(0, 0x00, 0x3e, 7, 0, 0, 0, 0xff),
    ];
    const folder = temporaryFolder(t, {
      'model.json': JSON.stringify({
        weightsManifest: [
          {
            paths: ['1.bin', '2.bin'],
            weights: [
              {
                name: 'a',
                dtype: 'float32',
                shape: [3],
                quantization: { dtype: 'uint8', scale: 0.1, min: -1 },
              },
              {
                name: 'b',
                dtype: 'int32',
                shape: [2],
                quantization: { dtype: 'uint16', scale: 1.5, min: 0 },
              },
              { name: 'c', dtype: 'float32', shape: [1], quantization: { dtype: 'float16' } },
              { name: 'd', dtype: 'int32', shape: [1] },
              { name: 'text', dtype: 'string', shape: [1] },
              { name: 'beyond', dtype: 'bool', shape: [1] },
            ],
          },
        ],
      }),
      '1.bin': shards[0],
      '2.bin': shards[1],
    });
    const values = await valuesOf(join(folder, 'model.json'));
    assert.deepEqual(
      [...values].map(([name, each]) => [name, [...each]]),
      [
        ['a', [-1, 0, Math.fround(24.5)]],
        ['b', [2, 3]],
        ['c', [1.5]],
        ['d', [7]],
      ],
    );
  });

  it('gives nothing for what is no number', async () => {
    assert.equal(await readValues(stored('complex64', 1, 0, 0, 0, 0, 0, 0, 0, 0)), undefined);
    assert.equal(await readValues(stored('string', 1, 0)), undefined);
  });
});
