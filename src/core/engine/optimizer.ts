/** Adam and gradient descent with momentum, as WebAssembly over the memory that a step's gradients lie in. */
import { joinFloats, splitFloats } from '../join';
import type { Step, TrainedRegion } from './step';

export type OptimizerName = 'adam' | 'sgd';

export interface OptimizerOptions {
  /** Decay of the first and second moment. */
  beta1: number;
  beta2: number;
  /** Added to the square root of the second moment, as in tfjs and TensorFlow. */
  epsilon: number;
  /** Share of the velocity that `sgd` keeps. */
  momentum: number;
  /** Decoupled decay of weights of two and more dimensions (not of biases), times the learning rate. */
  weightDecay: number;
  /** Gradients are scaled down to this global norm; 0 = never. */
  clipNorm: number;
  /** Factors on the learning rate for single parameters, by name. */
  rates: Record<string, number>;
}

const optimizerDefaults: OptimizerOptions = {
  beta1: 0.9,
  beta2: 0.999,
  epsilon: 1e-7,
  momentum: 0.9,
  weightDecay: 0,
  clipNorm: 0,
  rates: {},
};

export interface Optimizer {
  /** Applies the gradients of the last run. */
  update(learningRate: number): void;
  /** A copy of everything that the next update depends on, besides weights and gradients. */
  state(): OptimizerState;
  restore(state: OptimizerState): void;
}

export interface OptimizerState {
  updates: number;
  /** First and second moments of every trained region, in order, end to end. */
  moments: Float32Array;
}

/**
 * The moments of a weight whose gradient has become zero shrink until they are denormal numbers, with which
 * a processor computes a hundred times slower: on MNIST they double the time of Adam after three epochs. So
 * now and then what is far below `epsilon` becomes zero.
 */
const settleUpdates = 32;
const smallestFirst = 1e-20;
const smallestSecond = 1e-30;

/** Moments start at zero; two optimizers of one step share them, so create one. */
export function createOptimizer(
  name: OptimizerName,
  step: Step,
  options: Partial<OptimizerOptions> = {},
): Optimizer {
  const settings = { ...optimizerDefaults, ...options };
  const { arena, trained } = step;
  const { kernels } = arena;
  let updates = 0;

  const gradientScale = (): number => {
    if (settings.clipNorm === 0) return 1;
    let squares = 0;
    for (const { gradients } of trained) {
      squares += kernels.squares(gradients.pointer, gradients.padded);
    }
    const norm = Math.sqrt(squares);
    return norm > settings.clipNorm ? settings.clipNorm / norm : 1;
  };

  const moments = (): Float32Array[] =>
    trained.flatMap(({ first, second }) => [arena.floats(first), arena.floats(second)]);

  return {
    update(learningRate) {
      updates++;
      const scale = gradientScale();
      for (const region of trained) {
        const rate = learningRate * (settings.rates[region.name] ?? 1);
        const decay = region.shape.length > 1 ? rate * settings.weightDecay : 0;
        apply(region, rate, decay, scale);
        if (updates % settleUpdates > 0) continue;
        kernels.settle(region.first.pointer, region.first.padded, smallestFirst);
        kernels.settle(region.second.pointer, region.second.padded, smallestSecond);
      }
      step.applyConstraints();
    },
    state: () => ({ updates, moments: joinFloats(moments()) }),
    restore(state) {
      updates = state.updates;
      splitFloats(state.moments, moments());
    },
  };

  function apply(region: TrainedRegion, rate: number, decay: number, scale: number): void {
    const { weights, gradients, first, second } = region;
    const { beta1, beta2, epsilon, momentum } = settings;
    switch (name) {
      case 'adam': {
        // m / (1 - beta1^t) / (sqrt(v / (1 - beta2^t)) + epsilon), with both corrections moved out of the loop.
        const correction = Math.sqrt(1 - beta2 ** updates);
        kernels.adam(
          weights.pointer,
          gradients.pointer,
          first.pointer,
          second.pointer,
          weights.padded,
          beta1,
          beta2,
          (rate * correction) / (1 - beta1 ** updates),
          epsilon * correction,
          decay,
          scale,
        );
        return;
      }
      case 'sgd':
        kernels.descend(
          weights.pointer,
          gradients.pointer,
          first.pointer,
          weights.padded,
          momentum,
          rate,
          decay,
          scale,
        );
        return;
      default:
        name satisfies never;
    }
  }
}
