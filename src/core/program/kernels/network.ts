// The network that a program may carry (AssemblyScript, SIMD), in single precision and a fixed order; see model/network.ts.
import { EXPERT, STRETCH } from './mixing';

/** The classes' shares: from 16 on those of the bytes by their upper four bits, at 0 that of the byte that has a decision of its own. */
const SHARES: usize = 0x242000;

/** Gives `count` bytes at `from` to the first layer: each as its amount, as whether it is there and whether it is full. */
export function show(from: usize, count: i32, to: usize): void {
  for (const end = from + count; from < end; from++, to += 12) {
    const v = <i32>load<u8>(from);
    store<f32>(to, <f32>v / 255);
    store<f32>(to, <f32>i32(v > 0), 4);
    store<f32>(to, <f32>i32(v > 249), 8);
  }
}

/**
 * A layer: z [units] is the biases and the product of x [inputs] and the weights, all floats; what is not above zero in x counts
 * as zero. `w` is the biases and then the weights, [1 + inputs, units], `units` a multiple of four.
 */
export function dense(x: usize, w: usize, z: usize, inputs: i32, units: i32): void {
  const row: usize = units << 2;
  memory.copy(z, w, row);
  for (const end = x + (inputs << 2); x < end; x += 4) {
    w += row;
    const v = load<f32>(x);
    if (v <= 0) continue;
    const factor = f32x4.splat(v);
    for (let j: usize = 0; j < row; j += 16)
      v128.store(z + j, f32x4.add(v128.load(z + j), f32x4.mul(factor, v128.load(w + j))));
  }
}

/** Log-odds of the first 16 decisions of the next byte from the 17 logits at `z`. e^z is (1 + z/1024)^1024, which is the same everywhere. */
export function vote(z: usize): void {
  let most: f32 = -Infinity;
  for (let k: usize = 0; k < 68; k += 4) most = max(most, load<f32>(z + k));
  for (let k: usize = 0; k < 68; k += 4) {
    let e = max<f32>(0, 1 + (load<f32>(z + k) - most) / 1024);
    for (let j = 0; j < 10; j++) e *= e;
    store<f32>(k ? k + 60 : 0, e + 1e-9, SHARES);
  }
  for (let k: usize = 60; k <= 60; k -= 4) {
    // Last comes whether it is another byte than that of the first class.
    const one = load<f32>(k ? 2 * k + 4 : 4, SHARES);
    const all = one + load<f32>(2 * k, SHARES);
    if (k) store<f32>(k, all, SHARES);
    store<f32>(k, load<f32>((<usize>(<i32>((one * 4095) / all))) << 2, STRETCH), EXPERT);
  }
}
