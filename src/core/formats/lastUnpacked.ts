/** Keeps what was unpacked last: a tensor that is read piece by piece is unpacked once, and no two of a file are in memory. */

/** Gives what `unpack` makes, which it does not call again until something else was asked for. */
export type Unpacked = (unpack: () => Promise<Uint8Array>) => Promise<Uint8Array>;

export function keepLast(): Unpacked {
  let last: { unpack: () => Promise<Uint8Array>; bytes: Promise<Uint8Array> } | undefined;
  return (unpack) => {
    if (last?.unpack !== unpack) {
      // What was there is freed before its successor is made.
      last = undefined;
      last = { unpack, bytes: unpack() };
    }
    return last.bytes;
  };
}
