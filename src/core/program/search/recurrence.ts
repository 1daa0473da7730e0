/** How often bytes come as they came before: what one pass over a whole file tells before any model does. */

/** Bytes from which on a repeat is long, those that tell where it may begin, and the share of a file in such repeats that is much. */
const long = { repeat: 16, key: 6, share: 0.2 };

/** Whether much of the bytes repeats earlier ones at length. */
export function recurs(bytes: Uint8Array): boolean {
  const lasts = new Int32Array(1 << 18);
  let [key, at, length, repeated] = [0, 0, 0, 0];
  for (let i = 0; i < bytes.length; i++) {
    if (length > 0 && bytes[at] === bytes[i]) {
      length++;
      at++;
    } else {
      const last = lasts[key >>> 14];
      length = 0;
      while (length < long.repeat && bytes[last - 1 - length] === bytes[i - 1 - length]) length++;
      length = last > 0 && length >= long.key && bytes[last] === bytes[i] ? length + 1 : 0;
      at = last + 1;
    }
    if (length > long.repeat) repeated++;
    lasts[key >>> 14] = i;
    // Older bytes are shifted out of the key.
    key = Math.imul(key, 0x9e3779b1 << 6) + Math.imul(bytes[i] + 1, 0x85ebca6b);
  }
  return repeated > long.share * bytes.length;
}

/** How often a byte has to have followed to be foreseen, and the share of such bytes that is much. */
const foreseen = { times: 48, share: 0.2 };

/** Whether many bytes follow the four before them as 48 others did, without another in between. */
export function isForeseen(bytes: Uint8Array): boolean {
  // As the tracker of fields does: the byte that followed, and above it how often it has done so since another did.
  const guesses = new Int32Array(1 << 16);
  let [guess, guessing, word4, foretold] = [0, 0, 0, 0];
  for (const byte of bytes) {
    if (guess >= foreseen.times << 8) foretold++;
    word4 = (word4 << 8) | byte;
    guesses[guessing] = (guess & 255) === byte ? guess + 256 : byte;
    guessing = Math.imul(word4, 1e9 + 7) >>> 16;
    guess = guesses[guessing];
  }
  return foretold > foreseen.share * bytes.length;
}
