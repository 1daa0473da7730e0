/** Gated recurrent unit (Cho et al. 2014), the variant of cuDNN, Keras and ONNX that resets after the product. */
import { KolmoError } from '../../error';
import * as tf from '../../engine/tf';
import type { LayerSpec } from '../model';
import { constant, shapeText, uniform, type LayerKind, type WrittenParameter } from './layer';

export const gru: LayerKind<Extract<LayerSpec, { type: 'gru' }>> = {
  outputShape({ units }, inputShape) {
    if (inputShape.length !== 2) {
      throw new KolmoError(
        `A recurrent layer takes a sequence of vectors, not ${shapeText(inputShape)}.`,
      );
    }
    return [inputShape[0], units];
  },
  parameters({ units }, [, inputs]) {
    // Columns of every parameter: update gate, reset gate, candidate.
    const width = 3 * units;
    return [
      {
        role: 'weights',
        shape: [inputs, width],
        initialize: uniform(Math.sqrt(6 / (inputs + units))),
      },
      {
        role: 'recurrentWeights',
        shape: [units, width],
        initialize: uniform(Math.sqrt(3 / units)),
      },
      { role: 'biases', shape: [width], initialize: constant(0) },
      { role: 'recurrentBiases', shape: [width], initialize: constant(0) },
    ];
  },
  forward({ units }, x, { weights, recurrentWeights, biases, recurrentBiases }) {
    const [batch, time, inputs] = x.shape;
    // The inputs' share of all time steps in one product: [time * batch, inputs] @ [inputs, 3 units].
    const a = tf.reshape(tf.transpose(x, [1, 0, 2]), [time * batch, inputs]) as tf.Tensor2D;
    const shares = tf.fused.matMul({ a, b: weights as tf.Tensor2D, bias: biases });
    // TensorFlow.js has no gradient of one step that is taken apart.
    const steps = time === 1 ? [shares] : tf.unstack(tf.reshape(shares, [time, batch, 3 * units]));
    let h: tf.Tensor = tf.zeros([batch, units]);
    const states = steps.map((share) => {
      const recurrent = tf.fused.matMul({
        a: h as tf.Tensor2D,
        b: recurrentWeights as tf.Tensor2D,
        bias: recurrentBiases,
      });
      const gates = tf.sigmoid(
        tf.add(
          tf.slice(share, [0, 0], [batch, 2 * units]),
          tf.slice(recurrent, [0, 0], [batch, 2 * units]),
        ),
      );
      const [update, reset] = tf.split(gates, 2, 1);
      const candidate = tf.tanh(
        tf.add(
          tf.slice(share, [0, 2 * units], [batch, units]),
          tf.mul(reset, tf.slice(recurrent, [0, 2 * units], [batch, units])),
        ),
      );
      // h = update * h + (1 - update) * candidate
      h = tf.add(candidate, tf.mul(update, tf.sub(h, candidate)));
      return h;
    });
    return tf.stack(states, 1);
  },
  write({ units }, graph, x, { weights, recurrentWeights, biases, recurrentBiases }, name) {
    const [, time, inputs] = x.shape;
    const transposed = ({ data, shape: [rows, columns] }: WrittenParameter): Float32Array =>
      data.map((_, i) => data[(i % rows) * columns + Math.floor(i / rows)]);
    const both = new Float32Array(6 * units);
    both.set(biases.data);
    both.set(recurrentBiases.data, 3 * units);
    const w = graph.constant(transposed(weights), [1, 3 * units, inputs], 'float32', weights.name);
    const r = graph.constant(
      transposed(recurrentWeights),
      [1, 3 * units, units],
      'float32',
      recurrentWeights.name,
    );
    const b = graph.constant(both, [1, 6 * units], 'float32', biases.name);
    const sequence = graph.transpose(x, [1, 0, 2]);
    const y = graph.node('GRU', [sequence, w, r, b], [time, 1, -1, units], {
      name,
      attributes: { hidden_size: units, linear_before_reset: 1 },
    });
    const states = graph.node('Squeeze', [y, graph.integers([1])], [time, -1, units]);
    return graph.transpose(states, [1, 0, 2]);
  },
  flops: ({ units }, [time, inputs]) => time * (6 * units * (inputs + units) + 10 * units),
};
