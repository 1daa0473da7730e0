// The arithmetic coder of single decisions (AssemblyScript), of 32 bits as in the PAQ family.

let low: u32 = 0;
let high: u32 = 0;
let word: u32 = 0;
let stream: usize = 0;

/** Product of the probabilities that decisions were given since it was 1. */
export let chance: f64 = 1;

/** Says where the payload is read or written. */
export function startStream(at: usize): void {
  stream = at;
}

/** Begins another byte. */
export function resetChance(): void {
  chance = 1;
}

/** Codes a decision that is 1 with the probability p / 65536; the encoder tells which it is. */
// @inline
export function decide(p: i32, told: i32, encoding: i32): i32 {
  shift(encoding);
  const middle = low + <u32>((<u64>(high - low) * p) >> 16);
  const y = encoding ? told : i32(word <= middle);
  if (encoding) chance *= <f64>(y ? p : 65536 - p) / 65536;
  if (y) high = middle;
  else low = middle + 1;
  return y;
}

/** Shifts out what both ends of the interval begin with; of the empty one at the start that is four bytes. */
function shift(encoding: i32): void {
  while (!((low ^ high) & 0xff000000)) {
    if (encoding) store<u8>(stream, high >> 24);
    else word = (word << 8) | load<u8>(stream);
    stream++;
    low <<= 8;
    high = (high << 8) | 255;
  }
}

/** Closes a payload that was written, and returns its end. */
export function close(): usize {
  shift(1);
  if (low) store<u8>(stream++, (low >> 24) + 1);
  return stream;
}

/** How far the interval reaches: chance that both sides know. */
export function interval(): u32 {
  return low ^ high;
}
