/** Where the pixels and samples of raw media files are: BMP, PNM and NPY rasters, IDX images, WAV sound. Files that are compressed already are none of these. */
import { sizeOf } from '../../shape';
import { npyHeader } from './npy';

/** Images of one size, of one byte a pixel, small enough that places in them tell something. */
export interface Images {
  width: number;
  height: number;
  /** Bytes before the first image. */
  header: number;
  count: number;
}

/** Pictures of one size, one behind the other. */
export interface Stack extends Images {
  /** Bytes of a pixel: 1 where it is grey, 3 where it is red, green and blue. */
  channels: number;
}

/** Rows of pixels of any size. */
export interface Raster {
  /** Bytes before the first row. */
  header: number;
  /** Bytes from a row to the next. */
  row: number;
  /** Bytes of a pixel: its channels. */
  pixel: number;
}

/** Whole numbers, little-endian; those of one byte have no sign. */
export interface Sound {
  /** Bytes before the first sample, and the samples after it. */
  header: number;
  count: number;
  /** Bytes of a sample. */
  sample: 1 | 2 | 3;
  channels: number;
}

/** Places of larger images say little and would have weights each. */
const mostPlaces = 4096;

/** Images in a file of `size` bytes that begins with `bytes`: IDX of unsigned bytes in three dimensions (the MNIST files: magic, then big-endian sizes), or in an NPY array. */
export function imagesOf(bytes: Uint8Array, size = bytes.length): Images | undefined {
  const array = idxArray(bytes, size) ?? npyArray(bytes, size);
  if (array?.sizes.length !== 3) return undefined;
  const { header, sizes } = array;
  const [count, height, width] = sizes;
  return height * width > mostPlaces ? undefined : { width, height, header, count };
}

/** As `imagesOf`, the images of any size, or in colour where there is a fourth dimension of three channels. */
export function stackOf(bytes: Uint8Array, size = bytes.length): Stack | undefined {
  const array = idxArray(bytes, size) ?? npyArray(bytes, size);
  const [count, height, width, channels = 1] = array?.sizes ?? [];
  const isStack = array && (array.sizes.length === 3 || array.sizes.length === 4);
  if (!isStack || ![1, 3].includes(channels)) return undefined;
  return { width, height, header: array.header, count, channels };
}

/** As `imagesOf`, the raster of an uncompressed BMP, a binary PGM or PPM, an NPY array of bytes, or an IDX file of large images. */
export function rasterOf(bytes: Uint8Array, size = bytes.length): Raster | undefined {
  const array = idxArray(bytes, size) ?? npyArray(bytes, size);
  return bitmap(bytes, size) ?? anymap(bytes, size) ?? arrayRaster(array);
}

/** As `imagesOf`, the samples of a RIFF WAVE file of pulse code modulation, of one, two or three bytes each. */
export function soundOf(bytes: Uint8Array, size = bytes.length): Sound | undefined {
  if (ascii(bytes, 0, 4) !== 'RIFF' || ascii(bytes, 8, 12) !== 'WAVE') return undefined;
  const view = viewOf(bytes);
  let format: Pick<Sound, 'sample' | 'channels'> | undefined;
  for (let at = 12; at + 8 <= bytes.length;) {
    const [name, length, start] = [ascii(bytes, at, at + 4), view.getUint32(at + 4, true), at + 8];
    if (name === 'fmt ' && start + 16 <= bytes.length) format = waveFormat(view, start);
    if (name === 'data') {
      const room = Math.min(length, size - start);
      const count = format ? Math.floor(room / format.sample) : 0;
      return format && count > 0 ? { header: start, count, ...format } : undefined;
    }
    at = start + length + (length & 1);
  }
  return undefined;
}

function waveFormat(view: DataView, at: number): Pick<Sound, 'sample' | 'channels'> | undefined {
  const [coding, channels, bits] = [0, 2, 14].map((offset) => view.getUint16(at + offset, true));
  const isWhole = coding === 1 || coding === 0xfffe;
  if (!isWhole || channels === 0 || channels > 8 || ![8, 16, 24].includes(bits)) return undefined;
  return { sample: (bits / 8) as Sound['sample'], channels };
}

/** Windows bitmaps whose pixels are whole bytes. */
function bitmap(bytes: Uint8Array, size: number): Raster | undefined {
  if (ascii(bytes, 0, 2) !== 'BM' || bytes.length < 54) return undefined;
  const view = viewOf(bytes);
  const header = view.getUint32(10, true);
  const [width, height] = [view.getInt32(18, true), Math.abs(view.getInt32(22, true))];
  const bits = view.getUint16(28, true);
  // Rows are not coded, with or without masks that say which bits are which colour.
  const isPlain = [0, 3].includes(view.getUint32(30, true));
  // A row is a multiple of four bytes.
  const row = Math.ceil((width * bits) / 32) * 4;
  if (!isPlain || width < 1 || bits < 8 || header + row * height > size) return undefined;
  return { header, row, pixel: bits >> 3 };
}

/** Netpbm's P5 and P6 of one byte a sample. */
function anymap(bytes: Uint8Array, size: number): Raster | undefined {
  const [start, kind, width, height, most] =
    /^P([56])\s+(?:#.*\n\s*)*(\d+)\s+(\d+)\s+(\d+)\s/.exec(ascii(bytes, 0, 512)) ?? [];
  if (start === undefined || Number(most) > 255) return undefined;
  const pixel = kind === '6' ? 3 : 1;
  const row = Number(width) * pixel;
  if (row === 0 || start.length + row * Number(height) > size) return undefined;
  return { header: start.length, row, pixel };
}

interface ByteArray {
  header: number;
  sizes: number[];
}

/** The last of three or more dimensions is the channels where it is four at most. */
function arrayRaster(array: ByteArray | undefined): Raster | undefined {
  if (!array || array.sizes.length < 2) return undefined;
  const { header, sizes } = array;
  const pixel = sizes.length > 2 && sizes.at(-1)! <= 4 ? sizes.at(-1)! : 1;
  const row = pixel > 1 ? sizes.at(-2)! * pixel : sizes.at(-1)!;
  return row >= 8 * pixel ? { header, row, pixel } : undefined;
}

function idxArray(bytes: Uint8Array, size: number): ByteArray | undefined {
  if (bytes.length < 4 || bytes[0] || bytes[1] || bytes[2] !== 8 || bytes[3] < 2) return undefined;
  const header = 4 + 4 * bytes[3];
  if (bytes.length < header) return undefined;
  const view = viewOf(bytes);
  const sizes = Array.from({ length: bytes[3] }, (_, k) => view.getUint32(4 + 4 * k));
  return whole({ header, sizes }, size);
}

function npyArray(bytes: Uint8Array, size: number): ByteArray | undefined {
  const header = npyHeader(bytes);
  if (header?.type !== '|u1' || header.isFortran) return undefined;
  return whole({ header: header.start, sizes: header.sizes }, size);
}

/** The array if it fills its file. */
function whole(array: ByteArray, size: number): ByteArray | undefined {
  const count = sizeOf(array.sizes);
  return count > 0 && array.header + count === size ? array : undefined;
}

const viewOf = (bytes: Uint8Array): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

const ascii = (bytes: Uint8Array, from: number, to: number): string =>
  Buffer.from(bytes.subarray(from, to)).toString('latin1');
