// What a program of images carries, which have no repeats.
import { quiet } from './mixing';

export { decode, prepare } from './decoder';
export { single } from './mixing';

/** Reads whether the byte at `i` of the data is another than the most frequent. */
export function decodeQuiet(i: i32): i32 {
  return quiet(i, -1);
}
