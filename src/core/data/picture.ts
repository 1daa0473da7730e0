/** Pictures as files hold them, PNG, JPEG or BMP, each told by how it begins, and as pixels of any size. */
import { decode as decodeJpeg } from 'jpeg-js';
import { PNG } from 'pngjs';
import { formatCount } from '../count';
import { exifOrientation, liesOnSide, upright } from './orientation';
import type { Picture, Size } from './pixels';

/** A picture as it is to be looked at. */
export interface UprightPicture extends Picture {
  /** Whether its file holds it in another orientation, and says so. */
  turned: boolean;
}

/** More pixels than this are no picture to learn from, but may fill the memory. */
const mostPixels = 100e6;

/**
 * Pixels of a whole file. Levels of 16 bits are rounded to 8, what is transparent lies over white, and what a camera
 * that was held on its side has taken is turned.
 * @throws an error that says why it is no picture
 */
export function decodePicture(bytes: Uint8Array): UprightPicture {
  const { orientation, ...stored } = headOf(bytes) ?? { width: 0, height: 0, orientation: 1 };
  return {
    ...upright(decodeStored(bytes, stored), orientation),
    turned: orientation !== 1,
  };
}

function decodeStored(bytes: Uint8Array, { width, height }: Size): Picture {
  if (width * height === 0) throw new Error('it is none of PNG, JPEG and BMP');
  if (width * height > mostPixels) {
    throw new Error(`it has ${formatCount(width * height)} pixels`);
  }
  switch (formatOf(bytes)) {
    case 'png': {
      // Colours, palettes and depths of all kinds come as red, green, blue and opacity.
      const { data } = PNG.sync.read(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length));
      return { width, height, pixels: overWhite(data) };
    }
    case 'jpeg': {
      const { data } = decodeJpeg(bytes, { useTArray: true, formatAsRGBA: false });
      return { width, height, pixels: data };
    }
    default:
      return { width, height, pixels: decodeBmp(bytes, width, height) };
  }
}

/** The size at which a file that begins so is to be looked at; undefined where that is not said yet, or it is no picture. */
export function pictureSize(bytes: Uint8Array): Size | undefined {
  const head = headOf(bytes);
  if (!head) return undefined;
  const { width, height, orientation } = head;
  return liesOnSide(orientation) ? { width: height, height: width } : { width, height };
}

interface Head extends Size {
  /** 1: as it is stored. */
  orientation: number;
}

/** The size that a file stores and how that is to be turned. */
function headOf(bytes: Uint8Array): Head | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  switch (formatOf(bytes)) {
    case 'png':
      if (bytes.length < 24) return undefined;
      return { width: view.getUint32(16), height: view.getUint32(20), orientation: 1 };
    case 'bmp':
      if (bytes.length < 26) return undefined;
      // The height of a picture whose first row is the top one is negative.
      return {
        width: view.getInt32(18, true),
        height: Math.abs(view.getInt32(22, true)),
        orientation: 1,
      };
    case 'jpeg':
      return jpegHead(bytes, view);
    default:
      return undefined;
  }
}

function formatOf([a, b, c, d]: Uint8Array): 'png' | 'jpeg' | 'bmp' | undefined {
  if (a === 0x89 && b === 0x50 && c === 0x4e && d === 0x47) return 'png';
  if (a === 0xff && b === 0xd8 && c === 0xff) return 'jpeg';
  if (a === 0x42 && b === 0x4d) return 'bmp';
  return undefined;
}

/** Walks a JPEG's segments to the frame header (ITU T.81, B.2.2), past what the camera noted. */
function jpegHead(bytes: Uint8Array, view: DataView): Head | undefined {
  let orientation: number | undefined;
  for (let at = 2; at + 9 <= view.byteLength;) {
    const marker = view.getUint16(at);
    if (marker < 0xff01) return undefined;
    const isFrame = marker >= 0xffc0 && marker <= 0xffcf;
    // Huffman tables, extensions and arithmetic conditions have numbers among those of frames.
    if (isFrame && ![0xffc4, 0xffc8, 0xffcc].includes(marker)) {
      const [height, width] = [view.getUint16(at + 5), view.getUint16(at + 7)];
      return { width, height, orientation: orientation ?? 1 };
    }
    if (marker === 0xffe1) {
      orientation ??= exifOrientation(bytes.subarray(at + 4, at + 2 + view.getUint16(at + 2)));
    }
    // A marker may be filled up with 0xff in front of it.
    at += marker === 0xffff ? 1 : 2 + view.getUint16(at + 2);
  }
  return undefined;
}

/** @param pixels red, green, blue and opacity of each */
function overWhite(pixels: Uint8Array): Uint8Array {
  const opaque = new Uint8Array((pixels.length / 4) * 3);
  for (let from = 0, to = 0; from < pixels.length; from += 4, to += 3) {
    const opacity = pixels[from + 3];
    for (let channel = 0; channel < 3; channel++) {
      const level = pixels[from + channel];
      opaque[to + channel] =
        opacity === 255 ? level : Math.round((level * opacity + 255 * (255 - opacity)) / 255);
    }
  }
  return opaque;
}

/** Uncompressed bitmaps of Windows 3 and later: with a palette, or of 24 or 32 bits a pixel. */
function decodeBmp(bytes: Uint8Array, width: number, height: number): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const [start, header, bits] = [
    view.getUint32(10, true),
    view.getUint32(14, true),
    view.getUint16(28, true),
  ];
  const compression = view.getUint32(30, true);
  // With masks, but for those that stand for blue, green and red as they always come.
  const plain =
    compression === 0 ||
    (compression === 3 && bits === 32 && view.getUint32(54, true) === 0xff0000);
  if (!plain || header < 40 || ![1, 4, 8, 24, 32].includes(bits)) {
    throw new Error(`it is a BMP of ${bits} bits a pixel in compression ${compression}`);
  }
  const rowBytes = Math.ceil((width * bits) / 32) * 4;
  if (start + height * rowBytes > bytes.length) throw new Error('it is cut');
  const topDown = view.getInt32(22, true) < 0;
  const pixels = new Uint8Array(height * width * 3);
  let to = 0;
  for (let y = 0; y < height; y++) {
    const row = start + (topDown ? y : height - 1 - y) * rowBytes;
    for (let x = 0; x < width; x++) {
      let from = row + (x * bits) / 8;
      if (bits <= 8) {
        const bit = (x * bits) % 8;
        const color = (bytes[Math.floor(from)] >> (8 - bits - bit)) & ((1 << bits) - 1);
        from = 14 + header + 4 * color;
      }
      pixels[to++] = bytes[from + 2];
      pixels[to++] = bytes[from + 1];
      pixels[to++] = bytes[from];
    }
  }
  return pixels;
}

/** Brings a picture to a size, each side for itself: smaller by the areas that pixels cover, larger linearly between them. */
export function resizePicture(picture: Picture, { width, height }: Size): Picture {
  if (picture.width === width && picture.height === height) return picture;
  // The rows first: they lie in one piece, and fewer are left.
  const line = picture.width * 3;
  const rows = new Float32Array(height * line);
  overlaps(picture.height, height).forEach(({ first, weights }, y) => {
    weights.forEach((weight, i) => {
      const [from, to] = [(first + i) * line, y * line];
      for (let x = 0; x < line; x++) rows[to + x] += weight * picture.pixels[from + x];
    });
  });
  const sums = new Float32Array(height * width * 3);
  overlaps(picture.width, width).forEach(({ first, weights }, x) => {
    weights.forEach((weight, i) => {
      for (let y = 0; y < height; y++) {
        const [from, to] = [y * line + (first + i) * 3, (y * width + x) * 3];
        for (let c = 0; c < 3; c++) sums[to + c] += weight * rows[from + c];
      }
    });
  });
  return { width, height, pixels: Uint8Array.from(sums, Math.round) };
}

/** Of each of `to` pixels in a line, the first of `from` pixels that it is made of, and the weight of each from there on. */
function overlaps(from: number, to: number): { first: number; weights: number[] }[] {
  const scale = from / to;
  return Array.from({ length: to }, (_, pixel) => {
    if (scale < 1) {
      const center = Math.min(Math.max((pixel + 0.5) * scale - 0.5, 0), from - 1);
      const first = Math.min(Math.floor(center), Math.max(0, from - 2));
      const share = center - first;
      return { first, weights: from === 1 ? [1] : [1 - share, share] };
    }
    const [start, end] = [pixel * scale, (pixel + 1) * scale];
    const first = Math.floor(start);
    const count = Math.min(Math.ceil(end), from) - first;
    const weights = Array.from(
      { length: count },
      (_, i) => (Math.min(end, first + i + 1) - Math.max(start, first + i)) / scale,
    );
    return { first, weights };
  });
}
