// Repeats (AssemblyScript): each follows the last place where the same bytes stood, for as long as it predicts well.
import { bitOf, codeOf } from './decisions';
import { stretch } from './logistic';
import { DATA, MATCH, REPEAT_P } from './map';

/** How many there are. */
export let matches: i32 = 0;
let recentBits: i32 = 0;

/** Comes before all else for each repeat, which has to have so many bytes and remembers 2^bits places; of a program without repeats, what is done for them falls away. */
export function recall(m: i32, places: usize, bits: i32, least: i32): void {
  matches = m + 1;
  const state = MATCH + (m << 5);
  store<i32>(state, least, 20);
  store<i32>(state, <i32>places, 24);
  recentBits = bits;
}

/** An input a repeat: what its length says, whose probability stands at `places`. */
// @inline
export function gatherRepeats(input: usize, places: usize, bit: i32): void {
  for (let m = 0; matches && m < matches << 5; m += 32) {
    const expects = load<i32>(m, MATCH + 12);
    let z = m;
    if (expects) z |= load<i32>(m, MATCH + 8) | (bitOf(expects, bit) << 8);
    z = REPEAT_P + (z << 2);
    store<i32>(places + (m >> 3), z);
    store<f32>(input + (m >> 3), stretch(z));
  }
}

/** A repeat that errs expects no more of this byte. */
export function forgetRepeats(y: i32, bit: i32): void {
  for (let m = 0; matches && m < matches << 5; m += 32)
    if (bitOf(load<i32>(m, MATCH + 12), bit) !== y) store<i32>(m, 0, MATCH + 12);
}

/** Follows or finds repeats, now that the byte `c1` stands before `i`. */
export function findMatches(i: i32, c1: i32): void {
  for (let m = 0; m < matches; m++) {
    const state = MATCH + (m << 5);
    const least = load<i32>(state, 20);
    let at = load<i32>(state);
    let length = load<i32>(state, 4);
    if (length) length = <i32>load<u8>(at, DATA) === c1 ? length + 1 : 0;
    at++;
    // The bytes before are shifted out of the key one by one, about as many as the repeat has to have.
    const key = load<i32>(state, 16) * (0x9e3779b1 << (31 / least + 1)) + c1 + 1;
    store<i32>(state, key, 16);
    const place: usize =
      load<i32>(state, 24) + (((<u32>(key * 0x9e3779b1)) >>> (32 - recentBits)) << 2);
    const found = load<i32>(place);
    store<i32>(place, i);
    if (length < least) {
      let same = 0;
      while (same < 32 && load<u8>(DATA + found - 1 - same) === load<u8>(DATA + i - 1 - same))
        same++;
      if (same >= least) {
        length = same;
        at = found;
      }
    }
    store<i32>(state, at);
    store<i32>(state, length, 4);
    store<i32>(state, min(length, 15) + min(length >> 4, 16), 8);
    store<i32>(state, length ? codeOf(load<u8>(at, DATA)) : 0, 12);
  }
}
