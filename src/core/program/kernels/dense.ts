// A dense layer of the network that a program may carry (AssemblyScript, SIMD), in single precision and a fixed order.

/**
 * Adds to z [units] the product of x [inputs] and w [inputs, units], all floats; what is not above zero in x counts as zero.
 * `units` is a multiple of four.
 */
export function dense(x: usize, w: usize, z: usize, inputs: i32, units: i32): void {
  const row: usize = units << 2;
  for (const end = x + (inputs << 2); x < end; x += 4, w += row) {
    const v = load<f32>(x);
    if (v <= 0) continue;
    const factor = f32x4.splat(v);
    for (let j: usize = 0; j < row; j += 16)
      v128.store(z + j, f32x4.add(v128.load(z + j), f32x4.mul(factor, v128.load(w + j))));
  }
}
