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
 * byte, and the other for what followed it first; what else followed lies in the same page.
 */
export function findBuckets(contexts: i32, first: bool, node: i32): void {
  // All addresses come first, and their lines are asked for together, so that the waits for memory overlap.
  for (let k: i32 = 0; k < contexts << 2; k += 4) {
    let a: usize;
    if (first) {
      let h = (load<i32>(k, HASH) ^ ((k + 4) * 0x9e3779b1)) * 0x85ebca6b;
      h = (h ^ (h >>> 15)) * 0x2f0b4c47;
      store<i32>(k, (h >>> 16) | 1, CHECK);
      a = ((<usize>((<i64>(<u32>((h ^ (h >>> 14)) * 0x9e3779b1)) * size) >> 32)) & ~63) + table;
    } else {
      a = load<i32>(k, HOME) ^ 32;
      if (<i32>load<u16>(a) !== (load<i32>(k, CHECK) ^ (node << 3))) a ^= node << 6;
    }
    store<i32>(k, <i32>a, SLOT);
    store<i32>(k, load<u16>(a), PLACE);
  }
  let known = 256;
  for (let k: i32 = 0; k < contexts << 2; k += 4) {
    let a: usize = load<i32>(k, SLOT);
    let b = a ^ 64;
    let check = load<i32>(k, CHECK);
    if (!first) {
      b = load<i32>(k, HOME) ^ 32;
      check ^= node << 3;
    }
    if (load<i32>(k, PLACE) !== check) {
      if (<i32>load<u16>(b) === check) a = b;
      else {
        if (used(a) > used(b)) a = b;
        v128.store(a, i32x4.splat(0));
        v128.store(a, i32x4.splat(0), 16);
        store<u16>(a, check);
      }
    }
    store<i32>(k, <i32>a, BASE);
    if (first) store<i32>(k, <i32>a, HOME);
    known += i32(load<u16>(a, 2) !== 0);
  }
  store<i32>(4, known, SELECT);
}

/** How often the bits at a bucket's root were seen: of two places for a bucket the less used one is taken over. */
function used(bucket: usize): u32 {
  const s = load<u16>(bucket, 2);
  return (s >> 11) + ((s >> 6) & 31);
}
