// What a program of images carries: with the predictor what is known of how they were drawn, and the layers of a network.
import { prepare as prepareAny, quiet } from './mixing';

export { decode } from './decoder';
export { single } from './mixing';
export { dense, show, vote } from './network';
export { resample } from './resampled';

/** As that of mixing.ts, without repeats: what is done for them falls away. */
export function prepare(
  n: i32,
  selectors: i32,
  _repeats: i32,
  at: usize,
  _recentAt: usize,
  weightsAt: usize,
  rows: i32,
  tableAt: usize,
  tableMask: i32,
  rate: f32,
  _least: f32,
  _repeatBits: i32,
  opinions: i32,
): void {
  prepareAny(n, selectors, 0, at, 0, weightsAt, rows, tableAt, tableMask, rate, 0, 0, opinions);
}

/** Reads whether the byte at `i` of the data is another than the most frequent. */
export function decodeQuiet(i: i32): i32 {
  return quiet(i, -1);
}
