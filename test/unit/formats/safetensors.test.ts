import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import {
  readSafetensors,
  writeSafetensors,
  type RawTensor,
} from '../../../src/core/formats/safetensors';
import { createRandom } from '../../../src/core/random';

const fileOf = (bytes: Uint8Array) => ({
  name: 'a.safetensors',
  length: bytes.length,
  read: (offset: number, length: number) =>
    Promise.resolve(bytes.slice(offset, Math.min(bytes.length, offset + length))),
});

describe('safetensors', () => {
  it('reads back what it writes', async () => {
    const random = createRandom(5);
    const sizes = { F32: 4, F16: 2, BF16: 2, I8: 1, I64: 8 };
    for (let round = 0; round < 20; round++) {
      const tensors = Object.entries(sizes).map(([dtype, size], i): RawTensor => {
        const shape = Array.from({ length: random.integer(4) }, () => random.integer(5));
        const count = shape.reduce((product, side) => product * side, 1);
        const bytes = Uint8Array.from({ length: count * size }, () => random.integer(256));
        return { name: `tensor ${i} ü"`, dtype, shape, bytes };
      });
      const metadata = { made: 'by a test' };
      const found = await readSafetensors(fileOf(writeSafetensors(tensors, metadata)));
      assert.deepEqual(found, { tensors, metadata });
    }
  });

  it('reads what the library wrote and writes what the library reads', async () => {
    const bytes = new Uint8Array(readFileSync('test/fixtures/models/small.safetensors'));
    const { tensors, metadata } = await readSafetensors(fileOf(bytes));
    assert.deepEqual(metadata, { format: 'np' });
    const written = writeSafetensors(tensors, metadata);
    assert.equal(written.length, bytes.length);
    assert.deepEqual(await readSafetensors(fileOf(written)), { tensors, metadata });
    assert.equal(Number(new DataView(written.buffer).getBigUint64(0, true)) % 8, 0);
  });
});
