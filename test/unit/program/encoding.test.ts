import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { compressedSentence } from '../../../src/core/program/syntax/compressed';
import { encodingOf, isInside, markLength } from '../../../src/core/program/syntax/encoding';

describe('the encoding of a text', () => {
  it('is told by its mark, and is UTF-8 without one', () => {
    assert.equal(encodingOf(Uint8Array.of(0xef, 0xbb, 0xbf, 0x41)), 'utf8');
    assert.equal(encodingOf(Uint8Array.of(0xff, 0xfe, 0x41, 0)), 'utf16le');
    assert.equal(encodingOf(Uint8Array.of(0xfe, 0xff, 0, 0x41)), 'utf16be');
    assert.equal(encodingOf(Uint8Array.of(0xff, 0x41)), 'utf8');
    assert.deepEqual(
      [[0xef, 0xbb, 0xbf], [0xef, 0xbb], [0x41]].map((bytes) =>
        markLength(Uint8Array.from(bytes), 'utf8'),
      ),
      [3, 0, 0],
    );
  });

  it('says which units go on with a character', () => {
    const [high, low] = ['\ud83d', '\ude00'].map((unit) => unit.charCodeAt(0));
    assert.deepEqual(
      [high, low, 0x41].map((unit) => isInside(unit, 'utf16le')),
      [false, true, false],
    );
    assert.deepEqual(
      [0xe6, 0x97, 0x41].map((unit) => isInside(unit, 'utf8')),
      [false, true, false],
    );
    assert.ok(!isInside(0x97, 'bytes'));
  });
});

describe('files that are compressed already', () => {
  for (const [name, magic] of Object.entries({
    gzip: [0x1f, 0x8b, 8],
    zip: [0x50, 0x4b, 3, 4],
    bzip2: [0x42, 0x5a, 0x68],
    xz: [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0],
    zstd: [0x28, 0xb5, 0x2f, 0xfd],
    '7z': [0x37, 0x7a, 0xbc, 0xaf],
    PNG: [0x89, 0x50, 0x4e, 0x47],
    JPEG: [0xff, 0xd8, 0xff],
    FLAC: [0x66, 0x4c, 0x61, 0x43],
  })) {
    it(`are told by how they begin: ${name}`, () => {
      const file = Uint8Array.from([...magic, 1, 2, 3]);
      assert.match(compressedSentence(file)!, new RegExp(`as ${name}:`));
      assert.equal(compressedSentence(file.with(1, 0)), undefined);
      assert.equal(compressedSentence(file.subarray(0, magic.length - 1)), undefined);
    });
  }
});
