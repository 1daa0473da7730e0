// What a program carries of mixing.ts where nothing repeats: all that only an encoder needs falls away when this is compiled.
import { code, prepare as prepareAny } from './mixing';

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
  tableBytes: i32,
  rate: f32,
  least: f32,
  _repeatBits: i32,
  opinions: i32,
): void {
  prepareAny(
    n,
    selectors,
    0,
    at,
    0,
    weightsAt,
    rows,
    tableAt,
    tableBytes,
    rate,
    least,
    0,
    opinions,
  );
}

/** Reads the byte at `i` of the data, puts it there, and returns it. */
export function decode(i: i32): i32 {
  return code(i, -1);
}
