/** Moves training images about, so that a model cannot learn where exactly a pixel is. */
import type { Random } from '../random';

/**
 * Shifts each image by up to `pixels` in each direction, in place; what comes in from outside is zero.
 * @param images [count, height, width, channels] end to end
 */
export function shiftImages(
  images: Float32Array,
  [height, width, channels]: number[],
  pixels: number,
  random: Random,
): void {
  const size = height * width * channels;
  const row = width * channels;
  for (let start = 0; start < images.length; start += size) {
    const down = random.integer(2 * pixels + 1) - pixels;
    const right = random.integer(2 * pixels + 1) - pixels;
    const image = images.subarray(start, start + size);
    const distance = down * row + right * channels;
    image.copyWithin(Math.max(0, distance), Math.max(0, -distance), size - Math.max(0, distance));
    // What was shifted around the edges is cleared: whole rows first, then columns.
    if (down > 0) image.fill(0, 0, down * row);
    if (down < 0) image.fill(0, size + down * row);
    if (right === 0) continue;
    const [from, to] = right > 0 ? [0, right * channels] : [row + right * channels, row];
    for (let line = 0; line < size; line += row) image.fill(0, line + from, line + to);
  }
}
