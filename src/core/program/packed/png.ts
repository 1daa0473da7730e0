/** The picture in a PNG file (ISO/IEC 15948), as its pixels are before they are filtered and deflated. */
import { evaluated } from '../evaluated';
import type { Range, Streams, StreamView } from './stream';

/** Samples of a pixel by the type of colour (11.2.2). */
const channelsOf: Record<number, number> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };

export function pngStream(file: Uint8Array): Streams | undefined {
  if (file.length < 33) return undefined;
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const ranges: Range[] = [];
  for (let at = 8; at + 8 <= file.length;) {
    const length = view.getUint32(at);
    const name = Buffer.from(file.subarray(at + 4, at + 8)).toString('latin1');
    if (name === 'IDAT') ranges.push([at + 8, Math.min(file.length, at + 8 + length)]);
    at += 12 + length;
  }
  if (ranges.length === 0) return undefined;
  // The stream stands in one of zlib (RFC 1950), whose two bytes tell the window.
  const [first] = ranges;
  const window = 256 << (file[first[0]] >> 4);
  first[0] += 2;
  const [height, bits, colour, interlaced] = [view.getUint32(20), file[24], file[25], file[28]];
  const width = view.getUint32(16);
  const pixelBits = bits * (channelsOf[colour] ?? 0);
  const row = Math.ceil((width * pixelBits) / 8);
  const pixel = Math.max(1, pixelBits >> 3);
  return {
    name: 'PNG',
    streams: [ranges],
    window,
    mayBeFiltered: true,
    view: (content) =>
      row > 0 && !interlaced && content.length === (row + 1) * height
        ? unfiltered(content, { row, pixel, height })
        : undefined,
  };
}

/** Rows of `row` bytes, `pixel` for a pixel. */
interface Picture {
  row: number;
  pixel: number;
  height: number;
}

/**
 * Source of a function of bytes `b`, the numbers of the filters of all rows and then the rows, and of a function `each` of a
 * byte's place, its place in the rows alone and what the filter of its row expects there (9.2).
 */
const expectSource = ({ row, pixel, height }: Picture): string => `(b, each) => {
  for (let at = ${height}; at < ${height * (row + 1)}; at++) {
    const k = at - ${height}, filter = b[k / ${row} | 0], isFirst = k % ${row} < ${pixel}, isTop = k < ${row};
    const left = isFirst ? 0 : b[at - ${pixel}], above = isTop ? 0 : b[at - ${row}], corner = isFirst || isTop ? 0 : b[at - ${row + pixel}];
    const toLeft = Math.abs(above - corner), toAbove = Math.abs(left - corner), toCorner = Math.abs(left + above - 2 * corner);
    each(at, k, [0, left, above, left + above >> 1, toLeft <= toAbove && toLeft <= toCorner ? left : toAbove <= toCorner ? above : corner][filter]);
  }
}`;

function unfiltered(content: Uint8Array, picture: Picture): StreamView | undefined {
  const { row, pixel, height } = picture;
  const pixels = new Uint8Array(content.length);
  for (let k = 0; k < height; k++) {
    pixels[k] = content[k * (row + 1)];
    pixels.set(content.subarray(k * (row + 1) + 1, (k + 1) * (row + 1)), height + k * row);
  }
  const expect = evaluated<
    (b: Uint8Array, each: (at: number, k: number, expected: number) => void) => void
  >(expectSource(picture));
  expect(pixels, (at, _, expected) => (pixels[at] += expected));
  // Not a slice, which of a buffer of Node's is no copy.
  const restore = `b => {
  const out = new Uint8Array(b);
  (${expectSource(picture)})(b, (at, k, expected) => {
    const line = k / ${row} | 0;
    out[line * ${row + 1}] = b[line];
    out[k + line + 1] = b[at] - expected;
  });
  return out;
}`;
  const back = evaluated<(b: Uint8Array) => Uint8Array>(restore)(pixels);
  // A filter that there is none of does not come back.
  if (Buffer.compare(back, content) !== 0) return undefined;
  return { content: pixels, syntax: { type: 'raster', header: height, row, pixel }, restore };
}
