/** Pairs of cells that go with a third in either order, as the two ends of a route go with its length: source text that turns them round. */
import type { Hooks } from './fields';

/** Columns of a row, from left to right: the third cell, and the pair that recurs with it in either order. */
export interface Swap {
  by: number;
  first: number;
  second: number;
}

/** What the other way round says next, and whether it has agreed so far. */
export const swapContext = 'mix((swap?data[swap+at]:0)|swapped<<8,mix(prefix,col))';

/** State and hooks for the trackers of fields.ts. */
export const swapSource = ({ by, first, second }: Swap): Hooks => ({
  state: `const swaps = new Int32Array(65536); let swap = 0, swapped = 0;`,
  ended: `if (col === ${second}) swaps[mix(field[${by}], 1) & 65535] = start, swaps[mix(field[${by}], field[col]) & 65535] = starts[${first}];`,
  begun: `swapped = 1; swap = col === ${first} || col === ${second} ? swaps[mix(field[${by}], col === ${first} ? 1 : field[${first}]) & 65535] : 0;`,
  inside: `swapped = swapped && data[swap + at - 1] === c1 ? 1 : 0;`,
});
