/** One WebAssembly memory that holds parameters, gradients and optimizer state, with the kernels that update them. */
import kernelBytes from './kernels/optimizers.ts?wasm';

/** Functions of `kernels/optimizers.ts`; pointers are byte offsets, counts are padded lengths. */
export interface Kernels {
  memory: WebAssembly.Memory;
  adam(
    weights: number,
    gradients: number,
    first: number,
    second: number,
    count: number,
    beta1: number,
    beta2: number,
    rate: number,
    epsilon: number,
    decay: number,
    scale: number,
  ): void;
  descend(
    weights: number,
    gradients: number,
    velocity: number,
    count: number,
    momentum: number,
    rate: number,
    decay: number,
    scale: number,
  ): void;
  squares(values: number, count: number): number;
  settle(values: number, count: number, smallest: number): void;
  multiply(values: number, mask: number, count: number): void;
  gather(gradients: number, indices: number, sums: number, count: number, centroids: number): void;
  spread(weights: number, indices: number, centroids: number, count: number): void;
}

export interface Arena {
  kernels: Kernels;
  floats(region: Region): Float32Array<ArrayBuffer>;
  integers(region: Region): Int32Array<ArrayBuffer>;
}

/** A place for `count` four-byte numbers. */
export interface Region {
  pointer: number;
  count: number;
  /** `count` rounded up to whole cache lines; what lies between is zero and stays zero. */
  padded: number;
}

/** Plans the memory before it exists, since growing it later would detach every view. */
export interface ArenaPlan {
  reserve(count: number): Region;
  create(): Arena;
}

const pageBytes = 65536;
/** Floats of a cache line, so that no two regions share one. */
const lineFloats = 16;

export function planArena(): ArenaPlan {
  // The first page stays free: address 0 is no valid pointer for AssemblyScript.
  let end = pageBytes;
  return {
    reserve(count) {
      const region = { pointer: end, count, padded: Math.ceil(count / lineFloats) * lineFloats };
      end += region.padded * 4;
      return region;
    },
    create() {
      const instance = new WebAssembly.Instance(new WebAssembly.Module(kernelBytes));
      const kernels = instance.exports as unknown as Kernels;
      const { memory } = kernels;
      memory.grow(Math.ceil(end / pageBytes));
      return {
        kernels,
        floats: ({ pointer, count }) => new Float32Array(memory.buffer, pointer, count),
        integers: ({ pointer, count }) => new Int32Array(memory.buffer, pointer, count),
      };
    },
  };
}
