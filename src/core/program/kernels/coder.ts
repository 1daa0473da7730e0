// The range coder of single decisions (AssemblyScript), after Martin (1979), of 32 bits; both ends belong to an interval.

/** The interval's length less one: chance that both sides know. */
export let range: u32 = 0;
/** Of an encoder the interval's lower end, of a decoder how far above it the payload lies. */
let word: u32 = 0;
let stream: usize = 0;

/** Product of the probabilities that decisions were given since it was 1. */
export let chance: f64 = 1;

/** Says where the payload is read or written. */
export function startStream(at: usize): void {
  range = 0;
  stream = at;
}

/** Begins another byte. */
export function resetChance(): void {
  chance = 1;
}

/** Codes a decision that is 1 with the probability `p`, of which 23 bits count; the encoder tells which it is. */
// @inline
export function decide(p: f32, told: i32, encoding: i32): i32 {
  shift(encoding);
  const share = <u32>((<u64>range * (reinterpret<u32>(p + 1) & 0x7fffff)) >> 23);
  const y = encoding ? told : i32(word <= share);
  if (encoding) chance *= <f64>(y ? p : 1 - p);
  if (y) range = share;
  else {
    range -= share + 1;
    if (encoding) raise(share + 1);
    else word -= share + 1;
  }
  return y;
}

/** Lengthens an interval whose first byte is known; of the empty one at the start these are four. */
function shift(encoding: i32): void {
  while (!(range >> 24)) {
    range = (range << 8) | 255;
    if (encoding) store<u8>(stream, word >> 24);
    word <<= 8;
    if (!encoding) word |= load<u8>(stream);
    stream++;
  }
}

/** Raises the interval's lower end, which may carry into what was written. */
function raise(by: u32): void {
  word += by;
  if (word >= by) return;
  let at = stream - 1;
  while (load<u8>(at) === 255) store<u8>(at--, 0);
  store<u8>(at, load<u8>(at) + 1);
}

/** Closes a payload that was written, and returns its end. */
export function close(): usize {
  shift(1);
  raise(0xffffff);
  if (word >> 24) store<u8>(stream++, word >> 24);
  return stream;
}
