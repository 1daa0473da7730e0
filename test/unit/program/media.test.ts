import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { imagesOf, rasterOf, soundOf } from '../../../src/core/program/syntax/media';
import { bitmap, npyBytes, wave } from '../../fixtures/media';

const latin = (text: string): number[] => [...Buffer.from(text, 'latin1')];
const filled = (head: number[], size: number): Uint8Array =>
  Uint8Array.from([...head, ...new Uint8Array(size)]);

describe('media', () => {
  it('finds the rows of a bitmap, which are multiples of four bytes', () => {
    assert.deepEqual(rasterOf(bitmap(5, 3, 24)), { header: 54, row: 16, pixel: 3 });
    assert.deepEqual(rasterOf(bitmap(5, 3, 8)), { header: 54, row: 8, pixel: 1 });
    assert.equal(rasterOf(bitmap(5, 3, 24).subarray(0, -1)), undefined, 'it was cut');
    const coded = bitmap(5, 3, 8);
    coded[30] = 1;
    assert.equal(rasterOf(coded), undefined, 'its rows are run-length coded');
  });

  it('finds the rows of PGM and PPM, with comments or without', () => {
    const header = 'P6\n# made by hand\n4 2\n255\n';
    const raster = rasterOf(filled(latin(header), 24));
    assert.deepEqual(raster, { header: header.length, row: 12, pixel: 3 });
    assert.deepEqual(rasterOf(filled(latin('P5 4 2 255\n'), 8)), { header: 11, row: 4, pixel: 1 });
    assert.equal(rasterOf(filled(latin('P5 4 2 65535\n'), 16)), undefined, 'two bytes a sample');
  });

  it('tells small images from pictures in IDX files and NPY arrays', () => {
    const idx = filled([0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 6, 0, 0, 0, 5], 60);
    assert.deepEqual(imagesOf(idx), { width: 5, height: 6, header: 16, count: 2 });
    assert.equal(imagesOf(idx.subarray(0, -1)), undefined);
    assert.deepEqual(imagesOf(npyBytes([2, 6, 5])), { width: 5, height: 6, header: 128, count: 2 });
    const large = npyBytes([2, 100, 90]);
    assert.equal(imagesOf(large), undefined);
    assert.deepEqual(rasterOf(large), { header: 128, row: 90, pixel: 1 });
    assert.deepEqual(rasterOf(npyBytes([2, 16, 20, 3])), { header: 128, row: 60, pixel: 3 });
  });

  it('finds the samples of a wave between its other parts', () => {
    const samples = Int32Array.from({ length: 12 }, (_, k) => k);
    const plain = wave(samples, { bits: 16, channels: 2 });
    assert.deepEqual(soundOf(plain), { header: 44, count: 12, sample: 2, channels: 2 });
    const parts = wave(samples, { bits: 24, channels: 1, before: 'JUNK', after: 'LIST' });
    assert.deepEqual(soundOf(parts), { header: 54, count: 12, sample: 3, channels: 1 });
    // A recorder that was stopped leaves a length that is too large.
    assert.equal(soundOf(plain.subarray(0, 44 + 9))?.count, 4);
    assert.equal(soundOf(wave(samples, { bits: 32, channels: 1 })), undefined);
  });

  it('leaves other files alone, whatever their length', () => {
    for (const text of ['', 'BM', 'P6', 'RIFF', 'RIFF\0\0\0\0WAVE', '\0\0\b\x03', '\x93NUMPY\x01'])
      for (const size of [0, 1, 60]) {
        const bytes = filled(latin(text), size);
        assert.equal(imagesOf(bytes) ?? rasterOf(bytes) ?? soundOf(bytes), undefined, text);
      }
  });
});
