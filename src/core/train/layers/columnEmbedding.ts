/**
 * A trained vector for each category of some columns (Guo & Berkhahn 2016): the last columns of a row are codes, the others
 * amounts that pass. Code 0 of a column stands for what training never saw; its vector begins, and without examples stays, zero.
 */
import { KolmoError } from '../../error';
import * as tf from '../../engine/tf';
import { sizeOf } from '../../shape';
import type { LayerSpec } from '../model';
import { shapeText, uniform, type LayerKind } from './layer';

type Spec = Extract<LayerSpec, { type: 'columnEmbedding' }>;

export const columnEmbedding: LayerKind<Spec> = {
  outputShape({ symbols, units }, inputShape) {
    if (inputShape.length !== 1 || inputShape[0] < symbols.length) {
      throw new KolmoError(
        `An embedding of ${symbols.length} columns takes a row of at least so many, not ${shapeText(inputShape)}.`,
      );
    }
    return [inputShape[0] - symbols.length + symbols.length * units];
  },
  parameters: ({ symbols, units }) => [
    {
      role: 'weights',
      // The tables of all columns, one below the other.
      shape: [symbols.reduce((sum, count) => sum + count, 0), units],
      initialize(data, random) {
        uniform(0.05 * Math.sqrt(3))(data, random);
        for (const first of offsetsOf(symbols)) data.fill(0, first * units, (first + 1) * units);
      },
    },
  ],
  forward({ symbols, units }, x, { weights }) {
    const [batch, columns] = x.shape;
    const amounts = columns - symbols.length;
    const codes = tf.slice(x, [0, amounts], [batch, symbols.length]);
    const rows = tf.cast(tf.add(codes, tf.tensor1d(offsetsOf(symbols), 'float32')), 'int32');
    const vectors = tf.reshape(tf.gather(weights, rows), [batch, symbols.length * units]);
    return amounts === 0 ? vectors : tf.concat([tf.slice(x, [0, 0], [batch, amounts]), vectors], 1);
  },
  write({ symbols, units }, graph, x, { weights }, name) {
    const [batch, columns] = x.shape;
    const amounts = columns - symbols.length;
    const cut = (from: number, to: number, part: string) =>
      graph.node(
        'Slice',
        [x, ...[from, to, 1].map((bound) => graph.integers([bound]))],
        [batch, to - from],
        { name: `${name}/${part}` },
      );
    const codes = cut(amounts, columns, 'codes');
    const offsets = graph.constant(Float32Array.from(offsetsOf(symbols)), [symbols.length]);
    const rows = graph.node(
      'Cast',
      [graph.node('Add', [codes, offsets], codes.shape)],
      codes.shape,
      {
        type: 'int32',
        attributes: { to: 6 },
        name: `${name}/rows`,
      },
    );
    const gathered = graph.node('Gather', [weights.value(), rows], [...rows.shape, units], {
      attributes: { axis: 0 },
      name: `${name}/vectors`,
    });
    const width = symbols.length * units;
    const vectors = graph.node('Reshape', [gathered, graph.integers([-1, width])], [batch, width], {
      name: amounts === 0 ? name : `${name}/row`,
    });
    if (amounts === 0) return vectors;
    return graph.node('Concat', [cut(0, amounts, 'amounts'), vectors], [batch, amounts + width], {
      name,
      attributes: { axis: 1 },
    });
  },
  flops: (_spec, inputShape) => sizeOf(inputShape),
};

/** Row of the table at which each column's vectors begin. */
function offsetsOf(symbols: number[]): number[] {
  let next = 0;
  return symbols.map((count) => (next += count) - count);
}
