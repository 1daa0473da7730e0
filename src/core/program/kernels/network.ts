// The network that a program may carry (AssemblyScript, SIMD), in single precision and a fixed order; see model/network.ts.
import { decisions } from './decisions';
import { EXPERT } from './map';

/** The classes' shares: from 16 on those of the bytes by their upper four bits, at 0 that of the byte that has a decision of its own. */
const SHARES: usize = 0x242000;

/** What the next layer takes; its biases and its weights, [1 + inputs, units], follow, and what it gives. Rows are whole vectors of four. */
let x: usize = 0;

/** Gives `count` bytes at `from` to the first layer, behind them: each as its amount, as whether it is there and whether it is full. */
export function show(from: usize, count: i32): void {
  let to = (from + count + 15) & ~15;
  x = to;
  for (const end = from + count; from < end; from++, to += 12) {
    const v = <i32>load<u8>(from);
    store<f32>(to, <f32>v / 255);
    store<f32>(to, <f32>i32(v > 0), 4);
    store<f32>(to, <f32>i32(v > 249), 8);
  }
}

/** A layer: its biases and the product of what it takes and its weights, all floats; what is not above zero counts as zero. */
export function dense(inputs: i32, units: i32): void {
  const row: usize = ((units << 2) + 15) & ~15;
  const end = x + (inputs << 2);
  let w: usize = (end + 15) & ~15;
  const z: usize = w + (inputs + 1) * row;
  memory.copy(z, w, row);
  for (; x < end; x += 4) {
    w += row;
    const v = load<f32>(x);
    if (v <= 0) continue;
    const factor = f32x4.splat(v);
    for (let j: usize = 0; j < row; j += 16)
      v128.store(z + j, f32x4.add(v128.load(z + j), f32x4.mul(factor, v128.load(w + j))));
  }
  x = z;
}

/** Log-odds of the first 16 decisions of the next byte from 17 logits. e^z is (1 + z/1024)^1024, which is the same everywhere. */
export function vote(): void {
  for (let k: usize = 0; k < 68; k += 4) {
    let e = max<f32>(0, 1 + min<f32>(64, load<f32>(x + k)) / 1024);
    for (let j = 0; j < 10; j++) e *= e;
    store<f32>(k ? k + 60 : 0, e + 1e-30, SHARES);
  }
  decisions(SHARES, 60, 0, EXPERT);
}
