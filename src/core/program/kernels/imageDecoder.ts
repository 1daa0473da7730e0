// What a program of images carries: with the predictor what is known of how they were drawn, and the layers of a network.
import { quiet } from './mixing';

export * from './decoder';
export { dense, show, vote } from './network';
export { resample } from './resampled';

/** Reads whether the byte at `i` of the data is another than the most frequent. */
export function decodeQuiet(i: i32, n: i32): i32 {
  return quiet(i, n, 0);
}
