/** Every example in another shape of the same size. */
import { KolmoError } from '../../error';
import * as tf from '../../engine/tf';
import { sizeOf } from '../../shape';
import type { LayerSpec } from '../model';
import { shapeText, type LayerKind } from './layer';

export const reshape: LayerKind<Extract<LayerSpec, { type: 'reshape' }>> = {
  outputShape({ shape }, inputShape) {
    if (sizeOf(shape) !== sizeOf(inputShape)) {
      throw new KolmoError(
        `A reshape layer cannot make ${shapeText(shape)} of ${shapeText(inputShape)}: ` +
          `the sizes ${sizeOf(shape)} and ${sizeOf(inputShape)} differ.`,
      );
    }
    return shape;
  },
  parameters: () => [],
  forward: ({ shape }, x) => tf.reshape(x, [x.shape[0], ...shape]),
  write({ shape }, graph, x, _parameters, name) {
    const target = [-1, ...shape];
    return graph.node('Reshape', [x, graph.integers(target)], target, { name });
  },
  flops: () => 0,
};
