/** Writes images as PNG (ISO 15948): 8 bits a channel, grey or RGB, no filter. */
import { deflateSync } from 'node:zlib';
import { crc32 } from '../core/compress/container/crc';

export interface Picture {
  png: Uint8Array;
  width: number;
  height: number;
}

/** Pixels between two images of a grid. */
const gap = 2;

/**
 * Images of [height, width, channels] in rows of `columns`, on white; three channels are RGB, else the first is grey.
 * @param images [count, height, width, channels] in [0, 1]; what lies outside is clipped
 */
export function imageGrid(images: Float32Array, shape: number[], columns: number): Picture {
  const [rows, width, depth] = shape;
  const channels = depth === 3 ? 3 : 1;
  const count = images.length / (rows * width * depth);
  const across = Math.min(columns, count);
  const down = Math.ceil(count / across);
  const [totalWidth, totalHeight] = [across * (width + gap) - gap, down * (rows + gap) - gap];
  const pixels = new Uint8Array(totalWidth * totalHeight * channels).fill(255);
  for (let i = 0; i < count; i++) {
    const [left, top] = [(i % across) * (width + gap), Math.floor(i / across) * (rows + gap)];
    for (let y = 0; y < rows; y++) {
      for (let x = 0; x < width; x++) {
        const from = ((i * rows + y) * width + x) * depth;
        const to = ((top + y) * totalWidth + left + x) * channels;
        for (let c = 0; c < channels; c++) {
          pixels[to + c] = Math.round(255 * Math.min(1, Math.max(0, images[from + c])));
        }
      }
    }
  }
  return encodePng(pixels, totalWidth, totalHeight, channels);
}

function encodePng(pixels: Uint8Array, width: number, height: number, channels: 1 | 3): Picture {
  const line = width * channels;
  const filtered = new Uint8Array(height * (line + 1));
  for (let y = 0; y < height; y++) {
    // Each line begins with the number of its filter: 0, none.
    filtered.set(pixels.subarray(y * line, (y + 1) * line), y * (line + 1) + 1);
  }
  const header = new Uint8Array(13);
  const view = new DataView(header.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  header.set([8, channels === 3 ? 2 : 0], 8);
  const png = Buffer.concat([
    Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(filtered)),
    chunk('IEND', new Uint8Array()),
  ]);
  return { png, width, height };
}

/** Length, type, content, CRC-32 of type and content. */
function chunk(type: string, content: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(content.length + 12);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, content.length);
  bytes.set(new TextEncoder().encode(type), 4);
  bytes.set(content, 8);
  view.setUint32(8 + content.length, crc32(bytes.subarray(4, 8 + content.length)));
  return bytes;
}
