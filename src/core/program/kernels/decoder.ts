// What every program carries of mixing.ts: all that only an encoder needs falls away when this is compiled.
import { code } from './mixing';

export { decode as d };
export { prepare as p } from './mixing';

/** Reads the byte at `i` of the data, puts it there, and returns it. */
function decode(i: i32): i32 {
  return code(i, -1);
}
