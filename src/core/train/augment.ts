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

/**
 * Turns, stretches and slants each image about its middle, each by a random amount of up to `degrees` (for stretches and
 * slants: its tangent), in place. Pixels between pixels are interpolated linearly; what comes in from outside is zero.
 * @param images [count, height, width, channels] end to end
 */
export function warpImages(
  images: Float32Array,
  [height, width, channels]: number[],
  degrees: number,
  random: Random,
): void {
  const most = Math.tan((degrees * Math.PI) / 180);
  const draw = (): number => most * (2 * random.uniform() - 1);
  const [middleX, middleY] = [(width - 1) / 2, (height - 1) / 2];
  // A frame of zeros around the image, wide enough that what lies outside need only be clamped.
  const stride = (width + 4) * channels;
  const framed = new Float32Array((height + 4) * stride);
  for (let start = 0, at = 0; start < images.length; start += height * width * channels) {
    for (let y = 0; y < height; y++) {
      const row = start + y * width * channels;
      framed.set(images.subarray(row, row + width * channels), (y + 2) * stride + 2 * channels);
    }
    const [turn, slant] = [draw(), draw() / 2];
    const [xx, xy, yx, yy] = [1 + draw(), slant + turn, slant - turn, 1 + draw()];
    for (let y = 0; y < height; y++) {
      let fromX = middleX + 2 - xx * middleX + xy * (y - middleY);
      let fromY = middleY + 2 - yx * middleX + yy * (y - middleY);
      for (let x = 0; x < width; x++, fromX += xx, fromY += yx) {
        const u = fromX < 0 ? 0 : fromX > width + 2 ? width + 2 : fromX;
        const v = fromY < 0 ? 0 : fromY > height + 2 ? height + 2 : fromY;
        const [left, top] = [Math.trunc(u), Math.trunc(v)];
        const right = u - left;
        const down = v - top;
        let from = top * stride + left * channels;
        for (let c = 0; c < channels; c++, from++) {
          const above = framed[from] + right * (framed[from + channels] - framed[from]);
          const below =
            framed[from + stride] +
            right * (framed[from + stride + channels] - framed[from + stride]);
          images[at++] = above + down * (below - above);
        }
      }
    }
  }
}
