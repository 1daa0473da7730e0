// What a program of images carries.
import { quiet } from './mixing';

export * from './decoder';
export { decodeQuiet as q };
export { single as s } from './mixing';

/** Reads whether the byte at `i` of the data is another than the expected one. */
function decodeQuiet(i: i32, expected: i32): i32 {
  return quiet(i, -1, expected);
}
