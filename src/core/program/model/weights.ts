/** Contexts for the weights of dense layers: whether a weight was pruned shows in its row and its column, its value hardly in anything. */
import type { ModelSpec } from './engine';

/** Consecutive bytes in rows of `width`. */
export interface Span {
  from: number;
  width: number;
}

/** @param spans of which the first begins at 0, in rising order; their rows are weights of one input, or the bytes of a float */
export function weightModel(spans: Span[]): ModelSpec {
  const widest = spans.reduce((most, { width }) => Math.max(most, width), 1);
  return {
    type: 'mixing',
    state: `const spans = ${JSON.stringify([...spans.map(({ from, width }) => [from, width]), [-1, 1]])}, alive = new Int32Array(${widest}), pattern = new Int32Array(${widest});
let span = -1, base = 0, width = 1, px = 0, py = 0, live = 0, near = 0, up = 0, up2 = 0, column = 0, row = 0;`,
    step: `if (i) { const v = c1 ? 1 : 0; live += v; alive[px] += v; near = near << 1 | v; pattern[px] = pattern[px] << 1 | v; }
if (i === spans[span + 1][0]) { span++; base = i; width = spans[span][1]; alive.fill(0); pattern.fill(0); }
px = (i - base) % width; py = (i - base) / width | 0; if (!px) live = 0;
up = py > 0 ? data[i - width] : 0; up2 = py > 1 ? data[i - 2 * width] : 0;
column = py ? Math.min(31, (alive[px] * 64 / py | 0) + 1) : 0; row = px ? Math.min(31, (live * 64 / px | 0) + 1) : 0;`,
    contexts: [
      'span',
      'mix(column,span)',
      'mix(row,span)',
      'mix(column<<5|row,span)',
      'mix(near&255,span)',
      'mix(pattern[px]&255,span)',
      'mix((near&15)<<4|pattern[px]&15,column)',
      'mix(near&4095,row)',
      'mix(c1,span)',
      'mix(up,span)',
      'mix(c1|up<<8,up2)',
      'mix(px&3,c1)',
    ],
    selectors: [
      { expression: 'column', size: 32 },
      { expression: 'row', size: 32 },
      { expression: 'Math.min(span,15)', size: 16 },
    ],
    refine: 'mix(column,row)',
    matches: [],
    rate: 0.0006,
  };
}
