import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { keras } from '../../../src/core/formats/keras';
import { openModelFile } from '../../../src/core/formats/modelFile';

describe('packed tensors', () => {
  it('are unpacked once while they are read, and no two of a file are kept', async () => {
    const { file, close } = await openModelFile('test/fixtures/models/chunks.weights.h5');
    try {
      let reads = 0;
      const counted = {
        ...file,
        read: (offset: number, length: number) => {
          reads++;
          return file.read(offset, length);
        },
      };
      const located = await keras.locate!(counted);
      const [one, other] = located.filter((place) => place.file !== counted);
      const readsOf = async ({ file: chunks }: typeof one): Promise<number> => {
        const before = reads;
        await chunks.read(0, 4);
        return reads - before;
      };
      const first = await readsOf(one);
      assert.ok(first > 0);
      assert.equal(await readsOf(one), 0);
      assert.ok((await readsOf(other)) > 0);
      assert.equal(await readsOf(one), first);
    } finally {
      await close();
    }
  });
});
