// The decisions that make up a byte (AssemblyScript): the way from the top of a tree to where the byte stands.
import { centre, placeAfter, root } from './around';
import { nearest } from './logistic';
import { CODE, STRETCH, SYMBOL } from './map';

/** A byte that has a decision of its own before those of all others. */
export let sole: i32 = -1;

/** Comes before the first byte where there is such a byte; of a program without it, what is done for that falls away. */
export function single(byte: i32): void {
  sole = byte;
  store<u16>(byte << 1, 0, CODE);
  store<u16>(0, 256 | byte, SYMBOL);
}

/** Whether a decision comes before the tree: whether the byte is another than `sole`. */
export function isFirst(bit: i32): boolean {
  return sole >= 0 && bit > 7;
}

/** The node that decides first, at a bit. */
export function topOf(first: i32): i32 {
  return root ? root : 8 - first;
}

/** The byte's decisions, for `decisionOf`. */
export function codeOf(byte: i32): i32 {
  return root ? (byte - centre) & 255 : load<u16>(byte << 1, CODE);
}

/** The decision at a node, which is at a bit. */
export function decisionOf(code: i32, node: i32, bit: i32): i32 {
  return root ? i32(code >= node) : bitOf(code, bit);
}

/** The decision at a bit, of a tree that is not around anything. */
export function bitOf(code: i32, bit: i32): i32 {
  return (code >> bit) & 1;
}

/** What follows on a node's decision. */
export function nodeAfter(node: i32, y: i32): i32 {
  return root ? placeAfter(node, y) : node * 2 + y;
}

/** What ends at a node, from 256 on; less where the tree goes on. */
export function symbolAt(node: i32): i32 {
  return root ? node : load<u16>(node << 1, SYMBOL);
}

/** The byte that a symbol stands for. */
export function byteOf(symbol: i32): i32 {
  return (symbol + centre) & 255;
}

/** Turns shares at the leaves of a tree of bits, whose last parent is `k` bytes from `shares`, into log-odds of each as far as `last`. */
export function decisions(shares: usize, k: i32, last: i32, to: usize): void {
  for (; k >= last; k -= 4) {
    const one = load<f32>(shares + 2 * k, 4);
    const all = one + load<f32>(shares + 2 * k);
    store<f32>(shares + k, all);
    store<f32>(to + k, load<f32>(((<usize>nearest((one * 4095) / all)) << 2) & 0x3ffc, STRETCH));
  }
}
