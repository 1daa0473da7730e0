import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { PNG } from 'pngjs';
import { decodePicture, pictureSize, resizePicture } from '../../../src/core/data/picture';
import { bitmap } from '../../fixtures/media';
import { jpeg, png, turnedJpeg } from '../../fixtures/pictures';

/** The picture that pngjs writes of grey levels of 16 bits. */
function grey16(width: number, levels: number[]): Uint8Array {
  const height = levels.length / width;
  const data = Buffer.from(Uint16Array.from(levels).buffer);
  return PNG.sync.write(Object.assign(new PNG({ width, height }), { data }), {
    bitDepth: 16,
    colorType: 0,
    inputColorType: 0,
    inputHasAlpha: false,
  });
}

/** Two pixels in one bit each: of the first colour, which is half transparent, and of the second. */
const paletted = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAIAAAABAQMAAADO7O3JAAAABlBMVEUAAMj/gACThdOAAAAAAXRSTlOArV5bRgAAAApJREFUeJxjcAAAAEIAQSk39O8AAAAASUVORK5CYII=',
  'base64',
);

describe('decodePicture', () => {
  it('gives red, green and blue of a PNG, what is transparent over white', () => {
    const file = png(2, 1, (x) => (x === 0 ? [10, 20, 30] : [200, 100, 0, 51]));
    assert.deepEqual(decodePicture(file), {
      width: 2,
      height: 1,
      turned: false,
      pixels: Uint8Array.of(10, 20, 30, 244, 224, 204),
    });
  });

  it('rounds levels of 16 bits to 8', () => {
    const { pixels } = decodePicture(grey16(3, [0, 0x1234, 0xffff]));
    assert.deepEqual([...pixels], [0, 0, 0, 18, 18, 18, 255, 255, 255]);
  });

  it('looks colours up in the palette of a PNG', () => {
    assert.deepEqual([...decodePicture(paletted).pixels], [127, 127, 227, 255, 128, 0]);
  });

  it('gives a JPEG nearly as it was', () => {
    const { width, height, pixels } = decodePicture(jpeg(16, 8, () => [200, 100, 50]));
    assert.deepEqual([width, height, pixels.length], [16, 8, 16 * 8 * 3]);
    for (const [channel, level] of [200, 100, 50].entries()) {
      assert.ok(Math.abs(pixels[channel] - level) <= 3, `${pixels[channel]} for ${level}`);
    }
  });

  it('turns a JPEG as its EXIF orientation says, in either order of bytes', () => {
    // Its corners as they are stored: white at the top left, grey at the top right, black below.
    const stored = jpeg(32, 16, (x, y) => {
      const level = y >= 8 ? 0 : x < 16 ? 255 : 128;
      return [level, level, level];
    });
    // Where the white and the grey corner stand afterwards, from the top left on along the rows (EXIF 2.3, 4.6.4).
    const expectations = [
      'white grey black black',
      'grey white black black',
      'black black grey white',
      'black black white grey',
      'white black grey black',
      'black white black grey',
      'black grey black white',
      'grey black white black',
    ];
    for (const little of [true, false]) {
      expectations.forEach((expected, i) => {
        const file = turnedJpeg(stored, i + 1, little);
        const { width, height, pixels, turned } = decodePicture(file);
        assert.equal(turned, i > 0);
        assert.deepEqual([width, height], i < 4 ? [32, 16] : [16, 32], `orientation ${i + 1}`);
        assert.deepEqual(pictureSize(file), { width, height });
        const corners = [0, width - 1, (height - 1) * width, height * width - 1].map((pixel) => {
          const level = pixels[3 * pixel];
          return level > 200 ? 'white' : level > 60 ? 'grey' : 'black';
        });
        assert.equal(corners.join(' '), expected, `orientation ${i + 1}`);
      });
    }
  });

  it('takes a JPEG as it is stored whose orientation is none, or cut', () => {
    const stored = jpeg(16, 8, () => [200, 100, 50]);
    for (const orientation of [0, 9]) {
      assert.equal(decodePicture(turnedJpeg(stored, orientation)).turned, false);
    }
    const noted = turnedJpeg(stored, 6);
    // The place of the first directory, the number of its entries, and the type of the first.
    for (const at of [16, 17, 20, 24]) {
      const damaged = noted.slice();
      damaged[at] = 0xee;
      assert.deepEqual(pictureSize(damaged), { width: 16, height: 8 }, `byte ${at}`);
    }
  });

  it('keeps a grey JPEG grey', () => {
    const { pixels } = decodePicture(jpeg(16, 16, (x, y) => [x * 8, x * 8, x * 8 + 0 * y]));
    for (let i = 0; i < pixels.length; i += 3) {
      assert.deepEqual([pixels[i + 1], pixels[i + 2]], [pixels[i], pixels[i]]);
    }
  });

  it('reads the rows of a BMP from below, or from above where its height is negative', () => {
    const file = bitmap(1, 2, 24);
    // Blue, green and red, filled up to four bytes a row.
    file.set([3, 2, 1, 0, 6, 5, 4, 0], 54);
    assert.deepEqual([...decodePicture(file).pixels], [4, 5, 6, 1, 2, 3]);
    new DataView(file.buffer).setInt32(22, -2, true);
    assert.deepEqual([...decodePicture(file).pixels], [1, 2, 3, 4, 5, 6]);
  });

  it('looks colours up in the palette of a BMP', () => {
    const palette = [9, 8, 7, 0, 30, 20, 10, 0];
    const file = Uint8Array.from([...bitmap(2, 1, 1).subarray(0, 54), ...palette, 0x40, 0, 0, 0]);
    new DataView(file.buffer).setUint32(10, 54 + palette.length, true);
    assert.deepEqual([...decodePicture(file).pixels], [7, 8, 9, 10, 20, 30]);
  });

  it('says why a file is no picture', () => {
    const whole = png(8, 8, (x, y) => [x * 30, y * 30, 7]);
    const damaged = whole.slice();
    damaged[damaged.length - 14] ^= 0xff;
    const photo = jpeg(16, 16, (x, y) => [x, y, 0]);
    const expectations: [string, Uint8Array, RegExp][] = [
      ['text', Buffer.from('hello'), /none of PNG, JPEG and BMP/],
      ['nothing', new Uint8Array(), /none of PNG, JPEG and BMP/],
      ['a cut PNG', whole.subarray(0, 60), /./],
      ['a damaged PNG', damaged, /./],
      ['a cut JPEG', photo.subarray(0, photo.length - 20), /./],
      ['a cut BMP', bitmap(4, 4, 24).subarray(0, 80), /cut/],
      ['a BMP of 16 bits', bitmap(4, 4, 16), /BMP of 16 bits a pixel/],
      ['a huge BMP', bitmap(20_000, 1, 1).fill(0x7f, 22, 25), /it has [\d,]+ pixels/],
    ];
    for (const [what, file, message] of expectations) {
      assert.throws(() => decodePicture(file), { message }, what);
    }
  });
});

describe('pictureSize', () => {
  it('needs no more than the beginning of a file', () => {
    assert.deepEqual(pictureSize(png(5, 3, () => [1, 2, 3]).subarray(0, 24)), {
      width: 5,
      height: 3,
    });
    assert.deepEqual(pictureSize(bitmap(5, 3, 8).subarray(0, 26)), { width: 5, height: 3 });
  });

  it('finds the frame of a JPEG behind a preview', () => {
    const file = jpeg(20, 10, () => [1, 2, 3]);
    const preview = new Uint8Array(30_002);
    preview.set([0xff, 0xe1, 30_000 >> 8, 30_000 & 255]);
    const longer = Buffer.concat([file.subarray(0, 2), preview, file.subarray(2)]);
    assert.deepEqual(pictureSize(longer), { width: 20, height: 10 });
    assert.equal(pictureSize(longer.subarray(0, 30_000)), undefined);
  });
});

describe('resizePicture', () => {
  const row = (...levels: number[]) => ({
    width: levels.length,
    height: 1,
    pixels: Uint8Array.from(levels.flatMap((level) => [level, level, level])),
  });
  const levels = ({ pixels }: { pixels: Uint8Array }): number[] =>
    [...pixels].filter((_, i) => i % 3 === 0);

  it('averages the areas that a smaller pixel covers', () => {
    assert.deepEqual(levels(resizePicture(row(0, 10, 20, 30), { width: 2, height: 1 })), [5, 25]);
    // Each covers one and a half.
    assert.deepEqual(levels(resizePicture(row(0, 30, 90), { width: 2, height: 1 })), [10, 70]);
  });

  it('goes linearly from pixel to pixel where there are more', () => {
    const larger = resizePicture(row(0, 100), { width: 4, height: 2 });
    assert.deepEqual(levels(larger), [0, 25, 75, 100, 0, 25, 75, 100]);
  });

  it('keeps a plain picture plain at any size', () => {
    const plain = decodePicture(png(13, 9, () => [200, 100, 50]));
    for (const size of [
      { width: 5, height: 7 },
      { width: 64, height: 48 },
      { width: 1, height: 1 },
    ]) {
      const { pixels } = resizePicture(plain, size);
      assert.equal(pixels.length, size.width * size.height * 3);
      pixels.forEach((level, i) => assert.equal(level, [200, 100, 50][i % 3]));
    }
  });
});
