/** The largest value of each square window; windows do not overlap, a border that does not fill one is dropped. */
import { KolmoError } from '../../error';
import { toChannelsFirst, toChannelsLast } from '../../engine/lowerings/convolutions';
import * as tf from '../../engine/tf';
import { sizeOf } from '../../shape';
import type { LayerSpec } from '../model';
import { shapeText, type LayerKind } from './layer';

export const maxPool2d: LayerKind<Extract<LayerSpec, { type: 'maxPool2d' }>> = {
  outputShape({ size }, inputShape) {
    const [height, width, channels] = inputShape;
    if (inputShape.length !== 3 || height < size || width < size) {
      throw new KolmoError(
        `Pooling by ${size} x ${size} takes images of at least that size, not ${shapeText(inputShape)}.`,
      );
    }
    return [Math.floor(height / size), Math.floor(width / size), channels];
  },
  parameters: () => [],
  forward: ({ size }, x) => tf.maxPool(x as tf.Tensor4D, size, size, 'valid'),
  write(spec, graph, x, _parameters, name) {
    const [height, width, channels] = this.outputShape(spec, x.shape.slice(1));
    const window = [spec.size, spec.size];
    const y = graph.node('MaxPool', [toChannelsFirst(graph, x)], [-1, channels, height, width], {
      name,
      attributes: { kernel_shape: window, strides: window },
    });
    return toChannelsLast(graph, y);
  },
  flops: (_spec, inputShape) => sizeOf(inputShape),
};
