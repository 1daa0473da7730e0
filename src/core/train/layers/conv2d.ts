/** Two-dimensional convolution with a bias, on images [height, width, channels]. */
import { KolmoError } from '../../error';
import { toChannelsFirst, toChannelsLast } from '../../engine/lowerings/convolutions';
import * as tf from '../../engine/tf';
import type { LayerSpec } from '../model';
import { activate, initialLimit, writeActivation } from './activation';
import { constant, shapeText, uniform, type LayerKind } from './layer';

export const conv2d: LayerKind<Extract<LayerSpec, { type: 'conv2d' }>> = {
  outputShape({ filters, kernel, padding }, inputShape) {
    const [height, width] = inputShape;
    if (inputShape.length !== 3) {
      throw new KolmoError(
        `A convolution takes images of height, width and channels, not ${shapeText(inputShape)}.`,
      );
    }
    if (padding === 'same') return [height, width, filters];
    if (height < kernel || width < kernel) {
      throw new KolmoError(
        `A convolution of ${kernel} x ${kernel} does not fit into an image of ${height} x ${width}: ` +
          'choose an architecture for smaller images.',
      );
    }
    return [height - kernel + 1, width - kernel + 1, filters];
  },
  parameters({ filters, kernel, activation }, inputShape) {
    const channels = inputShape[2];
    const area = kernel * kernel;
    const limit = initialLimit(activation, channels * area, filters * area);
    return [
      { role: 'weights', shape: [kernel, kernel, channels, filters], initialize: uniform(limit) },
      { role: 'biases', shape: [filters], initialize: constant(0) },
    ];
  },
  forward({ padding, activation }, x, { weights, biases }, { logits }) {
    const y = tf.fused.conv2d({
      x: x as tf.Tensor4D,
      filter: weights as tf.Tensor4D,
      strides: 1,
      pad: padding,
      bias: biases,
    });
    return activate(y, logits ? 'linear' : activation);
  },
  write({ filters, kernel, padding, activation }, graph, x, { weights, biases }, name) {
    const [rows, columns] = this.outputShape(
      { type: 'conv2d', filters, kernel, padding, activation },
      x.shape.slice(1),
    );
    const before = padding === 'same' ? Math.floor((kernel - 1) / 2) : 0;
    const after = padding === 'same' ? kernel - 1 - before : 0;
    const y = graph.node(
      'Conv',
      [
        toChannelsFirst(graph, x),
        // ONNX has filters as [out, in, height, width].
        weights.value([3, 2, 0, 1]),
        biases.value(),
      ],
      [-1, filters, rows, columns],
      {
        name,
        attributes: { kernel_shape: [kernel, kernel], pads: [before, before, after, after] },
      },
    );
    return toChannelsLast(graph, writeActivation(graph, y, activation, name));
  },
  flops(spec, inputShape) {
    const [height, width, filters] = this.outputShape(spec, inputShape);
    return 2 * height * width * filters * spec.kernel * spec.kernel * inputShape[2];
  },
};
