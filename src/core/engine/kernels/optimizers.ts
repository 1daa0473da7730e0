// Optimizer steps over one WebAssembly memory (AssemblyScript, SIMD). Every array starts at a multiple of
// 64 bytes and is padded with zeros to a multiple of 16 floats; `count` is the padded length.

/** Adam (Kingma & Ba 2015) with decoupled weight decay (Loshchilov & Hutter 2019), in one pass. */
export function adam(
  weights: usize,
  gradients: usize,
  first: usize,
  second: usize,
  count: i32,
  beta1: f32,
  beta2: f32,
  rate: f32,
  epsilon: f32,
  decay: f32,
  scale: f32,
): void {
  const keep1 = f32x4.splat(beta1);
  const take1 = f32x4.splat((1 - beta1) * scale);
  const keep2 = f32x4.splat(beta2);
  const take2 = f32x4.splat((1 - beta2) * scale * scale);
  const keep = f32x4.splat(1 - decay);
  const rates = f32x4.splat(rate);
  const epsilons = f32x4.splat(epsilon);
  const end = weights + ((<usize>count) << 2);
  // Four vectors a turn: the loop's own work is then small beside theirs, and memory is the limit.
  while (weights < end) {
    for (let i: usize = 0; i < 64; i += 16) {
      const g = v128.load(gradients + i);
      const m = f32x4.add(f32x4.mul(keep1, v128.load(first + i)), f32x4.mul(take1, g));
      const v = f32x4.add(
        f32x4.mul(keep2, v128.load(second + i)),
        f32x4.mul(take2, f32x4.mul(g, g)),
      );
      v128.store(first + i, m);
      v128.store(second + i, v);
      const step = f32x4.div(f32x4.mul(rates, m), f32x4.add(f32x4.sqrt(v), epsilons));
      v128.store(weights + i, f32x4.sub(f32x4.mul(keep, v128.load(weights + i)), step));
    }
    weights += 64;
    gradients += 64;
    first += 64;
    second += 64;
  }
}

/** Gradient descent with momentum: velocity = momentum * velocity + g; w -= rate * velocity. */
export function descend(
  weights: usize,
  gradients: usize,
  velocity: usize,
  count: i32,
  momentum: f32,
  rate: f32,
  decay: f32,
  scale: f32,
): void {
  const keep = f32x4.splat(1 - decay);
  const end = (<usize>count) << 2;
  for (let i: usize = 0; i < end; i += 16) {
    const g = f32x4.mul(v128.load(gradients + i), f32x4.splat(scale));
    const v = f32x4.add(f32x4.mul(f32x4.splat(momentum), v128.load(velocity + i)), g);
    v128.store(velocity + i, v);
    const w = f32x4.mul(keep, v128.load(weights + i));
    v128.store(weights + i, f32x4.sub(w, f32x4.mul(f32x4.splat(rate), v)));
  }
}

/** Sum of squares, for the global norm. */
export function squares(values: usize, count: i32): f64 {
  let low = f64x2.splat(0);
  let high = f64x2.splat(0);
  const end = (<usize>count) << 2;
  for (let i: usize = 0; i < end; i += 16) {
    const x = v128.load(values + i);
    const a = f64x2.promote_low_f32x4(x);
    const b = f64x2.promote_low_f32x4(v128.shuffle<f32>(x, x, 2, 3, 0, 1));
    low = f64x2.add(low, f64x2.mul(a, a));
    high = f64x2.add(high, f64x2.mul(b, b));
  }
  const sum = f64x2.add(low, high);
  return f64x2.extract_lane(sum, 0) + f64x2.extract_lane(sum, 1);
}

/** Makes values of less than `smallest` zero. */
export function settle(values: usize, count: i32, smallest: f32): void {
  const least = f32x4.splat(smallest);
  const end = (<usize>count) << 2;
  for (let i: usize = 0; i < end; i += 16) {
    const x = v128.load(values + i);
    v128.store(values + i, v128.and(x, f32x4.ge(f32x4.abs(x), least)));
  }
}

/** Multiplies by a mask of zeros and ones, so that pruned weights get no gradient. */
export function multiply(values: usize, mask: usize, count: i32): void {
  const end = (<usize>count) << 2;
  for (let i: usize = 0; i < end; i += 16) {
    v128.store(values + i, f32x4.mul(v128.load(values + i), v128.load(mask + i)));
  }
}

/** Sums the gradients of the weights that share a centroid (Han et al. 2015, section 3.2); -1 shares none. */
export function gather(
  gradients: usize,
  indices: usize,
  sums: usize,
  count: i32,
  centroids: i32,
): void {
  memory.fill(sums, 0, (<usize>centroids) << 2);
  const end = (<usize>count) << 2;
  for (let i: usize = 0; i < end; i += 4) {
    const index = load<i32>(indices + i);
    if (index < 0) continue;
    const sum = sums + ((<usize>index) << 2);
    store<f32>(sum, load<f32>(sum) + load<f32>(gradients + i));
  }
}

/** Gives every weight the value of its centroid; -1 becomes zero. */
export function spread(weights: usize, indices: usize, centroids: usize, count: i32): void {
  const end = (<usize>count) << 2;
  for (let i: usize = 0; i < end; i += 4) {
    const index = load<i32>(indices + i);
    store<f32>(weights + i, index < 0 ? 0 : load<f32>(centroids + ((<usize>index) << 2)));
  }
}
