/** Activations as TensorFlow.js operations, as ONNX nodes, and the initial weights that suit them. */
import type { Graph, Value } from '../../engine/graph';
import * as tf from '../../engine/tf';
import type { Activation } from '../model';

/** Slope of leaky ReLU below zero, as in the DCGAN paper. */
const leak = 0.2;

export function activate(x: tf.Tensor, activation: Activation): tf.Tensor {
  switch (activation) {
    case 'linear':
      return x;
    case 'relu':
      return tf.relu(x);
    case 'leakyRelu':
      return tf.leakyRelu(x, leak);
    case 'sigmoid':
      return tf.sigmoid(x);
    case 'tanh':
      return tf.tanh(x);
    case 'softmax':
      return tf.softmax(x);
    default:
      return activation satisfies never;
  }
}

export function writeActivation(
  graph: Graph,
  x: Value,
  activation: Activation,
  name: string,
): Value {
  const options = { name: `${name}/${activation}` };
  switch (activation) {
    case 'linear':
      return x;
    case 'relu':
      return graph.node('Relu', [x], x.shape, options);
    case 'leakyRelu':
      return graph.node('LeakyRelu', [x], x.shape, {
        ...options,
        attributes: { alpha: { float: leak } },
      });
    case 'sigmoid':
      return graph.node('Sigmoid', [x], x.shape, options);
    case 'tanh':
      return graph.node('Tanh', [x], x.shape, options);
    case 'softmax':
      return graph.node('Softmax', [x], x.shape, { ...options, attributes: { axis: -1 } });
    default:
      return activation satisfies never;
  }
}

/** Half-width of the uniform distribution: He et al. 2015 for ReLU, Glorot & Bengio 2010 otherwise. */
export function initialLimit(activation: Activation, fanIn: number, fanOut: number): number {
  return activation === 'relu' || activation === 'leakyRelu'
    ? Math.sqrt(6 / fanIn)
    : Math.sqrt(6 / (fanIn + fanOut));
}
