/** Batch normalisation over the last axis (Ioffe & Szegedy 2015), with moving averages for inference. */
import * as tf from '../../engine/tf';
import { sizeOf } from '../../shape';
import type { LayerSpec } from '../model';
import { constant, type LayerKind } from './layer';

const epsilon = 1e-3;

export const batchNorm: LayerKind<Extract<LayerSpec, { type: 'batchNorm' }>> = {
  outputShape: (_spec, inputShape) => inputShape,
  parameters(_spec, inputShape) {
    const shape = [inputShape.at(-1)!];
    return [
      { role: 'scale', shape, initialize: constant(1) },
      { role: 'offset', shape, initialize: constant(0) },
      { role: 'mean', shape, trained: false, initialize: constant(0) },
      { role: 'variance', shape, trained: false, initialize: constant(1) },
    ];
  },
  forward(_spec, x, { scale, offset, mean, variance }, { training, record }) {
    if (!training) return normalise(x, mean, variance, scale, offset);
    const axes = x.shape.slice(0, -1).map((_, i) => i);
    const moments = tf.moments(x, axes);
    record('mean', moments.mean);
    record('variance', moments.variance);
    return normalise(x, moments.mean, moments.variance, scale, offset);
  },
  write(_spec, graph, x, { scale, offset, mean, variance }, name) {
    const { factor, shift } = folded(scale.data, offset.data, mean.data, variance.data);
    const shape = scale.shape;
    const scaled = graph.node(
      'Mul',
      [x, graph.constant(factor, shape, 'float32', `${name}/factor`)],
      x.shape,
      { name: `${name}/scaled` },
    );
    const inputs = [scaled, graph.constant(shift, shape, 'float32', `${name}/shift`)];
    return graph.node('Add', inputs, x.shape, { name });
  },
  flops: (_spec, inputShape) => 2 * sizeOf(inputShape),
};

/** What inference computes, as one multiplication and one addition: y = x * factor + shift. */
export function folded(
  scale: Float32Array,
  offset: Float32Array,
  mean: Float32Array,
  variance: Float32Array,
): { factor: Float32Array; shift: Float32Array } {
  const factor = scale.map((s, i) => s / Math.sqrt(variance[i] + epsilon));
  return { factor, shift: offset.map((b, i) => b - mean[i] * factor[i]) };
}

function normalise(
  x: tf.Tensor,
  mean: tf.Tensor,
  variance: tf.Tensor,
  scale: tf.Tensor,
  offset: tf.Tensor,
): tf.Tensor {
  const factor = tf.div(scale, tf.sqrt(tf.add(variance, epsilon)));
  return tf.add(tf.mul(tf.sub(x, mean), factor), offset);
}
