/** Pairs of cells that go with a third in either order, as the two ends of a route go with its length: source text that turns them round. */
import type { Hooks } from './fields';

/** Columns of a row, from left to right: the third cell, and the pair that recurs with it in either order. */
export interface Swap {
  by: number;
  first: number;
  second: number;
}

/** What an end was when its other end last came with the same third cell, and whether it has agreed so far; and what ends came with that. */
export const swapContexts = [
  'mix((swap?data[swap+at]:0)|swapped<<8,mix(at,col))',
  'mix(mix(prefix,third),third?0:col)',
];

/** State and hooks for the trackers of fields.ts. */
export const swapSource = ({ by, first, second }: Swap): Hooks => ({
  state: `const swaps = new Int32Array(65536); let swap = 0, swapped = 0, third = 0;`,
  ended: `if (col === ${second}) swaps[mix(third, field[${first}]) & 65535] = start, swaps[mix(third, prefix) & 65535] = starts[${first}];`,
  begun: `swapped = 1; swap = third = 0; if (col === ${first} || col === ${second}) third = field[${by}], swap = col === ${second} ? swaps[mix(third, field[${first}]) & 65535] : 0;`,
  inside: `swapped = swapped && data[swap + at - 1] === c1 ? 1 : 0;`,
});
