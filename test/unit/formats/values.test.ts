import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { LocatedTensor } from '../../../src/core/formats/format';
import { findFormat, formats } from '../../../src/core/formats/formats';
import { withModelFile } from '../../../src/core/formats/modelFile';
import { readValues } from '../../../src/core/formats/values';

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

  it('gives nothing for what is no number', async () => {
    assert.equal(await readValues(stored('complex64', 1, 0, 0, 0, 0, 0, 0, 0, 0)), undefined);
    assert.equal(await readValues(stored('string', 1, 0)), undefined);
  });
});
