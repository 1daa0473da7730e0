// The decisions that make up a byte (AssemblyScript): its bits, and before them perhaps whether it is the most frequent one.
import { STRETCH } from './map';

/** A byte that has a decision of its own before the bits of all others. */
export let sole: i32 = -1;

/** Comes before all else where there is such a byte; of a program without it, what is done for that falls away. */
export function single(byte: i32): void {
  sole = byte;
}

/** Whether a decision comes before the bits: whether the byte is another than `sole`. */
export function isFirst(bit: i32): boolean {
  return sole >= 0 && bit > 7;
}

/** The decision of a byte at a bit. */
export function bitOf(byte: i32, bit: i32): i32 {
  return isFirst(bit) ? i32(byte !== sole) : (byte >> bit) & 1;
}

/** Turns shares at the leaves of a tree of decisions, whose last parent is `k` bytes from `shares`, into log-odds of each as far as `last`. */
export function decisions(shares: usize, k: i32, last: i32, to: usize): void {
  for (; k >= last; k -= 4) {
    const one = load<f32>(shares + 2 * k, 4);
    const all = one + load<f32>(shares + 2 * k);
    store<f32>(shares + k, all);
    store<f32>(to + k, load<f32>((<usize>(<i32>((one * 4095) / all))) << 2, STRETCH));
  }
}
