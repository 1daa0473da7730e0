/** Fully connected layer: y = activation(x @ weights + biases), over the last axis. */
import { KolmoError } from '../../error';
import * as tf from '../../engine/tf';
import { sizeOf } from '../../shape';
import type { LayerSpec } from '../model';
import { activate, initialLimit, writeActivation } from './activation';
import { constant, shapeText, uniform, type LayerKind } from './layer';

export const dense: LayerKind<Extract<LayerSpec, { type: 'dense' }>> = {
  outputShape({ units }, inputShape) {
    if (inputShape.length === 0 || inputShape.length > 2) {
      throw new KolmoError(
        `A dense layer takes vectors or sequences of vectors, not ${shapeText(inputShape)}: ` +
          'put a flatten layer before it.',
      );
    }
    return [...inputShape.slice(0, -1), units];
  },
  parameters({ units, activation }, inputShape) {
    const inputs = inputShape.at(-1)!;
    const limit = initialLimit(activation, inputs, units);
    return [
      { role: 'weights', shape: [inputs, units], initialize: uniform(limit) },
      { role: 'biases', shape: [units], initialize: constant(0) },
    ];
  },
  forward({ units, activation }, x, { weights, biases }, { logits }) {
    // [batch, (time,) inputs] @ [inputs, units]
    const rows = x.shape.slice(0, -1);
    const a = tf.reshape(x, [sizeOf(rows), x.shape.at(-1)!]) as tf.Tensor2D;
    const y = tf.fused.matMul({ a, b: weights as tf.Tensor2D, bias: biases });
    return activate(tf.reshape(y, [...rows, units]), logits ? 'linear' : activation);
  },
  write({ units, activation }, graph, x, { weights, biases }, name) {
    const shape = [...x.shape.slice(0, -1), units];
    if (x.shape.length === 2) {
      const inputs = [x, weights.value(), biases.value()];
      return writeActivation(graph, graph.node('Gemm', inputs, shape, { name }), activation, name);
    }
    const product = graph.node('MatMul', [x, weights.value()], shape, { name: `${name}/product` });
    const y = graph.node('Add', [product, biases.value()], shape, { name });
    return writeActivation(graph, y, activation, name);
  },
  flops: ({ units }, inputShape) => 2 * sizeOf(inputShape) * units,
};
