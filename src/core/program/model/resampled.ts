/** What images of drawn shapes owe to their making: a black and white original was averaged down to a box, so grey levels are sums of known areas. */

/** The law of a file, and what it says of each image. */
export interface Resampling {
  /** Pixels along an edge of the square that every original was averaged down to. */
  box: number;
  /** Share of its width that an original's pixel keeps where it lies on a border of the box's pixels. */
  kept: number;
  /** Two bytes an image: pixels along an edge of the original, 0 for an image without one; row << 4 | column of its box. */
  originals: Uint8Array;
}

/** A slope of the pixels around, squared, that says nothing yet of where ink lies. */
const leastSlope = 300;

/** Edges of originals that are thought of. */
export const originalEdges = { least: 16, most: 96 };

/**
 * State, and statements after an image model's `step`: they say to the kernel which part of an original the pixel covers, and
 * towards which (a, b) the pixels around say that ink lies, (0, 0) if nowhere. What follows is kernels/resampled.ts': straight
 * edges of 32 directions, drawn through the part, give a few sums again and again, and those count most whose ink lies that way.
 */
export function resampledSource(
  { box, kept }: Resampling,
  { law, at, front }: { law: number; at: number; front: number },
): { state: string; step: string } {
  return {
    state: `kernel.resample(${box}, ${kept});`,
    step: `
const p = ${at} + 2 * image, row = py - top, column = px - left, gx = ne - nw + w - ww, gy = n - nn + w - nw, steep = gx * gx > gy * gy, flat = gx * gx + gy * gy < ${leastSlope};
select[${law}] = i < ${front} || row < 0 || row >= ${box} || column < 0 || column >= ${box} ? 0 : data[p] && data[p] << 16 | row << 11 | column << 6 | (flat ? 2 : (steep ? 2 : 1) * (gx < 0 ? -1 : 1) + 2) << 3 | (flat ? 2 : (steep ? 1 : 2) * (gy < 0 ? -1 : 1) + 2);`,
  };
}
