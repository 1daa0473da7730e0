/** Sets a random share of the inputs to zero while training and scales up the rest (Srivastava et al. 2014). */
import * as tf from '../../engine/tf';
import type { LayerSpec } from '../model';
import type { LayerKind } from './layer';

export const dropout: LayerKind<Extract<LayerSpec, { type: 'dropout' }>> = {
  outputShape: (_spec, inputShape) => inputShape,
  parameters: () => [],
  noiseShape: (_spec, inputShape) => inputShape,
  forward({ rate }, x, _parameters, { training, noise }) {
    if (!training) return x;
    const kept = tf.cast(tf.greaterEqual(noise!, rate), 'float32');
    return tf.mul(x, tf.mul(kept, 1 / (1 - rate)));
  },
  write: (_spec, _graph, x) => x,
  flops: () => 0,
};
