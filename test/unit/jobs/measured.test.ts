import assert from 'node:assert/strict';
import { truncateSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { stackOf } from '../../../src/core/program/syntax/media';
import { holdsImages } from '../../../src/jobs/measurable';
import { readMeasured, type Measured } from '../../../src/jobs/measured';
import { finished } from '../../fixtures/finished';
import { npyBytes } from '../../fixtures/media';
import { barFolder, png } from '../../fixtures/pictures';
import { idxBytes, syntheticIdx } from '../../fixtures/syntheticIdx';
import { temporaryFolder } from '../../fixtures/temporaryFolder';

const read = (file: string, most: { limit?: number; samples?: number } = {}): Promise<Measured> =>
  finished(readMeasured(file, most));

describe('what surprisal is measured of', () => {
  it('is the beginning of a file that no memory holds, where that is all that is asked for', async (t) => {
    const file = join(temporaryFolder(t, { 'large.log': 'a line\n' }), 'large.log');
    truncateSync(file, 3e9);
    const { data, size } = await read(file, { limit: 6 });
    assert.deepEqual([Buffer.from(data).toString(), size], ['a line', 3e9]);
    await assert.rejects(read(file), {
      name: 'KolmoError',
      message:
        /large\.log has 3,000,000,000 bytes.* at most 268,435,456 bytes.*--limit 268435456\.$/,
    });
  });

  it('is no folder without images', async (t) => {
    const folder = temporaryFolder(t, { 'a/b.txt': 'text' });
    await assert.rejects(read(folder), /is a folder: name a file, or a folder of images/);
    await assert.rejects(read(join(folder, 'c')), /c cannot be read \(ENOENT\): check its name/);
  });

  it('is whole images of an IDX file, packed or not, under any name', async (t) => {
    const { images, labels } = syntheticIdx({ count: 20 });
    const folder = temporaryFolder(t, {
      'a.idx': images,
      'b.gz': gzipSync(images),
      'labels.gz': gzipSync(labels),
      'text.gz': gzipSync('text'),
      'five.gz': gzipSync(idxBytes([1, 1, 2, 4, 4], new Uint8Array(32))),
    });
    for (const name of ['a.idx', 'b.gz']) {
      const { data, size } = await read(join(folder, name), { samples: 3, limit: 1 << 20 });
      assert.deepEqual([data, size], [images.subarray(0, 16 + 3 * 64), images.length], name);
      assert.ok(await holdsImages(join(folder, name)));
    }
    assert.equal((await read(join(folder, 'a.idx'), { samples: 9, limit: 300 })).data.length, 272);
    for (const name of ['labels.gz', 'text.gz', 'five.gz']) {
      assert.equal(await holdsImages(join(folder, name)), false, name);
      const { data, size } = await read(join(folder, name));
      assert.equal(data.length, size);
    }
  });

  it('is images in colour too, and those of NPY arrays, but no table of numbers', async (t) => {
    const folder = temporaryFolder(t, {
      'colour.idx': idxBytes([2, 4, 4, 3], new Uint8Array(96)),
      'grey.npy': npyBytes([3, 8, 8]),
      'table.npy': npyBytes([30, 8]),
    });
    const found = await Promise.all(
      ['colour.idx', 'grey.npy', 'table.npy'].map((name) => holdsImages(join(folder, name))),
    );
    assert.deepEqual(found, [true, true, false]);
  });

  it('is the pixels of a folder of images, drawn from all of it, as an IDX file', async (t) => {
    const folder = temporaryFolder(t, barFolder('bars', 20));
    const { data, size, names } = await read(folder, { samples: 10 });
    assert.equal(names?.filter((name) => name.startsWith('bars/top/')).length, 5);
    const stack = { header: 16, count: 40, width: 8, height: 8, channels: 1 };
    assert.deepEqual(stackOf(data, size), stack);
    assert.equal(data.length, 16 + 10 * 64);
    const few = await read(folder, { samples: 10, limit: 3 * 3 * 64 });
    assert.equal(few.names?.length, 3);
  });

  it('is three bytes a pixel where images of a folder have colour', async (t) => {
    const image = png(6, 4, (x) => [40 * x, 200, 10]);
    const files = Array.from({ length: 12 }, (_, k) => [`${k}.png`, image] as const);
    const folder = temporaryFolder(t, Object.fromEntries(files));
    const { data, size } = await read(folder);
    assert.equal(stackOf(data, size)?.channels, 3);
    assert.equal(data.length, 20 + 12 * 72);
  });

  it('is told to be cut where it ends early', async (t) => {
    const packed = gzipSync(syntheticIdx({ count: 500 }).images);
    const folder = temporaryFolder(t, { 'a.gz': packed.subarray(0, packed.length >> 1) });
    await assert.rejects(read(join(folder, 'a.gz')), /a\.gz ends after .* of 32,016 bytes/);
  });
});
