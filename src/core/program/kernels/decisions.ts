// The decisions that make up a byte (AssemblyScript): the way from the top of a tree to where the byte stands.
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

/** The byte's decisions, for `bitOf`. */
export function codeOf(byte: i32): i32 {
  return load<u16>(byte << 1, CODE);
}

/** The decision at a bit. */
export function bitOf(code: i32, bit: i32): i32 {
  return (code >> bit) & 1;
}

/** The byte that ends at a node, and 256; less where the tree goes on. */
export function symbolAt(node: i32): i32 {
  return load<u16>(node << 1, SYMBOL);
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
