import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { withModelFile } from '../../../src/core/formats/modelFile';
import {
  safetensors,
  writeSafetensors,
  type RawTensor,
} from '../../../src/core/formats/safetensors';
import { createRandom } from '../../../src/core/random';
import { temporaryFolder } from '../../fixtures/temporaryFolder';

/** The tensors of a file, and what is noted of it. */
function contentsOf(
  t: TestContext,
  content: Uint8Array,
): Promise<{ tensors: RawTensor[]; notes: string[] }> {
  const path = join(temporaryFolder(t, { 'a.safetensors': content }), 'a.safetensors');
  return withModelFile(path, async (file) => {
    const { tensors, notes } = await safetensors.read(file);
    const located = await safetensors.locate!(file);
    const raw = located.map(async ({ name, dtype, offset, bytes }, i) => ({
      name,
      dtype: dtype.toUpperCase(),
      shape: tensors[i].shape,
      bytes: new Uint8Array(await file.read(offset, bytes)),
    }));
    return { tensors: await Promise.all(raw), notes };
  });
}

describe('safetensors', () => {
  it('reads back what it writes', async (t) => {
    const random = createRandom(5);
    const sizes = { F32: 4, F16: 2, BF16: 2, I8: 1, I64: 8 };
    for (let round = 0; round < 20; round++) {
      const tensors = Object.entries(sizes).map(([dtype, size], i): RawTensor => {
        const shape = Array.from({ length: random.integer(4) }, () => random.integer(5));
        const count = shape.reduce((product, side) => product * side, 1);
        const bytes = Uint8Array.from({ length: count * size }, () => random.integer(256));
        return { name: `tensor ${i} ü"`, dtype, shape, bytes };
      });
      const found = await contentsOf(t, writeSafetensors(tensors, { made: 'by a test' }));
      assert.deepEqual(found.tensors, tensors);
      assert.ok(found.notes.includes('made: by a test'));
    }
  });

  it('reads what the library wrote and writes what the library reads', async (t) => {
    const bytes = new Uint8Array(readFileSync('test/fixtures/models/small.safetensors'));
    const { tensors, notes } = await contentsOf(t, bytes);
    assert.ok(notes.includes('format: np'), notes.join());
    const written = writeSafetensors(tensors, { format: 'np' });
    assert.equal(written.length, bytes.length);
    assert.deepEqual(await contentsOf(t, written), { tensors, notes });
    assert.equal(Number(new DataView(written.buffer).getBigUint64(0, true)) % 8, 0);
  });
});
