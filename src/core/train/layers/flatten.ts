/** Every example as one vector, rows first. */
import * as tf from '../../engine/tf';
import { sizeOf } from '../../shape';
import type { LayerSpec } from '../model';
import type { LayerKind } from './layer';

export const flatten: LayerKind<Extract<LayerSpec, { type: 'flatten' }>> = {
  outputShape: (_spec, inputShape) => [sizeOf(inputShape)],
  parameters: () => [],
  forward: (_spec, x) => tf.reshape(x, [x.shape[0], sizeOf(x.shape.slice(1))]),
  write(_spec, graph, x, _parameters, name) {
    const size = sizeOf(x.shape.slice(1));
    if (x.shape.length === 2) return x;
    return graph.node('Reshape', [x, graph.integers([-1, size])], [-1, size], { name });
  },
  flops: () => 0,
};
