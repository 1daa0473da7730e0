// Repeats (AssemblyScript): each follows the last place where the same bytes stood, for as long as it predicts well.
import { bitOf, codeOf } from './decisions';
import { stretch } from './logistic';
import { DATA, MATCH, REPEAT_P } from './map';

/** How many there are. */
export let matches: i32 = 0;
let recent: usize = 0;
let recentBits: i32 = 0;

/** Comes before all else where there are repeats, each of which remembers 2^bits places; of a program without them, what is done for them falls away. */
export function recall(count: i32, at: usize, bits: i32): void {
  matches = count;
  recent = at;
  recentBits = bits;
}

/** Two inputs a repeat: what its length says, whose probability stands at `places`, and behind them all its length itself. */
// @inline
export function gatherRepeats(input: usize, places: usize, bit: i32): void {
  for (let m = 0; matches && m < matches << 2; m += 4) {
    const at = MATCH + (m << 3);
    const expects = load<i32>(at, 12);
    let second: f32 = 0;
    let z = m << 3;
    if (expects) {
      const expected = bitOf(expects, bit);
      z |= load<i32>(at, 8) | (expected << 8);
      second = <f32>(min(load<i32>(at, 4), 32) * (expected * 2 - 1)) / 16;
    }
    z = REPEAT_P + (z << 2);
    store<i32>(places + m, z);
    store<f32>(input + m, stretch(z));
    store<f32>(input + (matches << 2) + m, second);
  }
}

/** A repeat that errs is forgotten. */
export function forgetRepeats(y: i32, bit: i32): void {
  for (let m = 0; matches && m < matches; m++) {
    const at = MATCH + (m << 5);
    if (bitOf(load<i32>(at, 12), bit) !== y) {
      store<i32>(at, 0, 4);
      store<i32>(at, 0, 12);
    }
  }
}

/** Follows or finds repeats, now that the byte `c1` stands before `i`. */
export function findMatches(i: i32, c1: i32): void {
  for (let m = 0; m < matches; m++) {
    const state = MATCH + (m << 5);
    const least = load<i32>(state, 20);
    let at = load<i32>(state);
    let length = load<i32>(state, 4);
    if (length && <i32>load<u8>(at, DATA) === c1) {
      at++;
      length += i32(length < 65535);
    } else length = 0;
    // The bytes before are shifted out of the key one by one, about as many as the repeat has to have.
    const key = load<i32>(state, 16) * (0x2f0b4c47 << (31 / least + 1)) + c1 + 1;
    store<i32>(state, key, 16);
    const place: usize =
      recent + (((m << recentBits) + ((key * 0x9e3779b1) >>> (32 - recentBits))) << 2);
    // Where the same bytes stood before the last one was found then, but is looked at now, so that nothing waits for it.
    const found = load<i32>(state, 24);
    store<i32>(state, load<i32>(place), 24);
    if (!length) {
      at = found + 1;
      if (found > 0) {
        while (
          length < 32 &&
          at > length &&
          load<u8>(at - 1 - length, DATA) === load<u8>(i - 1 - length, DATA)
        )
          length++;
        if (length < least) length = 0;
      }
    }
    store<i32>(place, i);
    store<i32>(state, at);
    store<i32>(state, length, 4);
    store<i32>(
      state,
      length < 16
        ? length
        : length < 32
          ? 16 + ((length - 16) >> 2)
          : length < 512
            ? 20 + (length >> 6)
            : 28 + i32(length >= 2048),
      8,
    );
    store<i32>(state, length ? codeOf(load<u8>(at, DATA)) : 0, 12);
  }
}
