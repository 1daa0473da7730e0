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

/** Edges of originals that are thought of. */
export const originalEdges = { least: 16, most: 96 };

/**
 * State, and statements after an image model's `step`: they say to the kernel which part of which original the pixel covers, and
 * how the pixels around slope. What follows is kernels/resampled.ts': straight edges of 32 directions, drawn through the part,
 * give a few sums again and again, and those count most whose ink lies where the slope says.
 */
export function resampledSource(
  { box, kept }: Resampling,
  { law }: { law: number },
): { state: string; step: string } {
  const told = ['edge', 'py - top', 'px - left', 'ne - nw + w - ww', 'n - nn + w - nw'];
  return {
    state: `kernel.resample(${box}, ${kept});`,
    step: told.map((number, k) => `hash[${law + k}] = ${number};`).join(' '),
  };
}
