/** A trained vector for each symbol: [time] symbol numbers to [time, units]. */
import { KolmoError } from '../../error';
import * as tf from '../../engine/tf';
import type { LayerSpec } from '../model';
import { shapeText, uniform, type LayerKind } from './layer';

export const embedding: LayerKind<Extract<LayerSpec, { type: 'embedding' }>> = {
  outputShape({ units }, inputShape) {
    if (inputShape.length !== 1) {
      throw new KolmoError(`An embedding takes a row of symbols, not ${shapeText(inputShape)}.`);
    }
    return [inputShape[0], units];
  },
  parameters: ({ symbols, units }) => [
    { role: 'weights', shape: [symbols, units], initialize: uniform(0.05 * Math.sqrt(3)) },
  ],
  forward: (_spec, x, { weights }) => tf.gather(weights, tf.cast(x, 'int32')),
  write({ units }, graph, x, { weights }, name) {
    const indices = graph.node('Cast', [x], x.shape, {
      type: 'int32',
      attributes: { to: 6 },
      name: `${name}/symbols`,
    });
    return graph.node('Gather', [weights.value(), indices], [...x.shape, units], {
      name,
      attributes: { axis: 0 },
    });
  },
  flops: () => 0,
};
