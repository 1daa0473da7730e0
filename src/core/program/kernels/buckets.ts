// The one hash table of all contexts (AssemblyScript).
import { BASE, CHECK, HASH, HOME, PLACE, SELECT, SLOT } from './map';

let table: usize = 0;
let size: i64 = 0;

/** Says where the table is, and its size in bytes, which is one of whole pages. */
export function placeBuckets(at: usize, bytes: i32): void {
  table = at;
  size = bytes;
}

/**
 * A bucket is a check and 15 slots of 16 bits, and serves four decisions. One half of a cache line is for what comes first in a
 * byte, and the other for what followed it first; what else followed lies in the same page, of 4 KB or, where nodes are places, of 16 KB.
 */
export function findBuckets(contexts: i32, first: bool, node: i32): void {
  // All lines are asked for together, so that the waits for memory overlap.
  const other = (node + i32(first)) << 6;
  for (let k: i32 = 0; k < contexts << 2; k += 4) {
    let a: usize = load<i32>(k, HOME) ^ 32;
    if (first) {
      let h = (load<i32>(k, HASH) ^ ((k + 4) * 0x9e3779b1)) * 0x9e3779b1;
      h = (h ^ (h >>> 15)) * 0x9e3779b1;
      store<u16>(k, <u16>(h | 1), CHECK);
      a = ((<usize>((<i64>(<u32>h) * size) >> 32)) & ~63) + table;
    }
    if (<i32>load<u16>(a) !== ((<i32>load<u16>(k, CHECK)) ^ (node << 3))) a ^= other;
    store<i32>(k, <i32>a, SLOT);
    store<i32>(k, load<u16>(a), PLACE);
  }
  let known = 256;
  for (let k: i32 = 0; k < contexts << 2; k += 4) {
    let a: usize = load<i32>(k, SLOT);
    const check = (<i32>load<u16>(k, CHECK)) ^ (node << 3);
    if (load<i32>(k, PLACE) !== check) {
      if (used(a) > used(a ^ other)) a ^= other;
      v128.store(a, i16x8.splat(1));
      v128.store(a, i16x8.splat(1), 16);
      store<u16>(a, check);
    }
    store<i32>(k, <i32>a, BASE);
    if (first) store<i32>(k, <i32>a, HOME);
    known += i32(load<u16>(a, 2) !== 1);
  }
  store<i32>(4, known, SELECT);
}

/** How often the bits at a bucket's root were seen: of two places for a bucket the less used one is taken over. */
function used(bucket: usize): u32 {
  const s = load<u16>(bucket, 2);
  return (s >> 11) + ((s >> 6) & 31);
}
