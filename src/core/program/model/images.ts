/** Images of one size: a pixel's neighbours, and what this image has held so far. */
import type { Contexts } from './contexts';
import type { NetworkInputs } from './network';

/** Pixels around, as steps to the right and up: those that tell most come first. */
export const around = [
  [-1, 0],
  [0, 1],
  [-1, 1],
  [1, 1],
  [-2, 0],
  [0, 2],
  [-1, 2],
  [1, 2],
  [-2, 1],
  [2, 1],
  [-3, 0],
  [0, 3],
  [-2, 2],
  [2, 2],
  [3, 1],
  [-3, 1],
];

/** Pixels of background between two rows, and above the first, so that what lies around a pixel is always there. */
const margin = 4;

/**
 * Images: a pixel's neighbours, exactly and coarsely, its place in the image or, where that is known, in the box that
 * was drawn to, and what this image has held so far, since grey levels recur where edges do. More contexts would take
 * room in the table from these. Background comes first and is one decision, a quick one where there is nothing else around.
 */
export const imageModel = ({
  width,
  height,
  header,
  boxes,
}: {
  width: number;
  height: number;
  header: number;
  /** Where in front of the images two bytes an image tell, as Resampling does, where its box is; without them all begin at 0. */
  boxes?: number;
}): Contexts => {
  const row = width + margin;
  const [pixels, size] = [width * height, row * (height + margin) + margin];
  const at = (right: number, up: number): string => `known[spot-${up * row - right}]`;
  return {
    state: `let edge = 0, top = 0, left = 0, place = 0, px = 0, py = 0, image = 0, spot = 0, ink = 0;
  const known = new Uint8Array(${size}), around = [${around.map(([right, up]) => up * row - right).join()}];`,
    step: `known[spot] = c1; if (c1) ink = i; const nth = i - ${header}, at = nth < 0 ? 0 : nth % ${pixels}; image = nth / ${pixels} | 0; if (!at) { known.fill(0); ${boxes === undefined ? '' : `if (nth >= 0) edge = data[${boxes} + 2 * image], top = data[${boxes + 1} + 2 * image], left = top & 15, top >>= 4;`} }
  px = at % ${width}; py = at / ${width} | 0; place = ${boxes === undefined ? 'at' : `at + ${16 * width} - top * ${width} - left`}; spot = (py + ${margin}) * ${row} + px + ${margin};
  let shape = 0, smooth = 0;
  for (let k = ${around.length}; k--; ) { const v = known[spot - around[k]]; shape = shape << 2 | (v > 0) + (v > 128) + (v > 250); smooth = smooth << 4 | v >> 4; }
  const near = shape & 0xfffff, w = ${at(-1, 0)}, n = ${at(0, 1)}, nw = ${at(-1, 1)}, ne = ${at(1, 1)}, ww = ${at(-2, 0)}, nn = ${at(0, 2)};`,
    quiet: {
      when: 'nth >= 0 && !near',
      expected: '0',
      contexts: ['place', 'shape>>>20', `(i-ink>at?127:(i-ink)/${width}|0)*32+px`, 'i-ink>at'],
    },
    contexts: [
      'place',
      'w|n<<8|nw<<16',
      'w|n<<8|ne<<16',
      'w|ww<<8',
      'n|nn<<8',
      'near',
      'smooth&0xfffff',
      'mix(image,1)',
    ],
    selectors: [{ expression: 'near&255', size: 256 }],
    refine: 'near',
    sole: 0,
    matches: [],
  };
};

/** The pixels four rows up and four columns to the sides that are known, and the place; where all around is background, nothing. */
export const imageInputs = ({
  width,
  height,
}: {
  width: number;
  height: number;
}): NetworkInputs => ({
  count: 4 + 4 * 9 + 2,
  source: `let k = 0; for (let dy = 0; dy < 5; dy++) for (let dx = -4; dx < (dy ? 5 : 0); dx++) x[k++] = known[spot - dy * ${width + margin} + dx];
  x[k++] = px * 255 / ${width}; x[k] = py * 255 / ${height};`,
  when: 'near',
});
