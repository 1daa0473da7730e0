/** Large weights lie transposed while they are trained: as the left side of a product they need not be packed. */
import * as tf from '../engine/tf';
import type { Tensors } from '../engine/step';
import type { PlacedLayer } from './layers/layers';
import type { Model, Parameter } from './model';

/** From so many weights on, and with so many units and examples, a step gains more than two small transpositions cost. */
const turnedFrom = { weights: 2 ** 17, units: 256, examples: 128 };

/** Names of the weights of dense layers that are quicker transposed: [units, inputs]. */
export function turnedWeights(placed: PlacedLayer[], batchSize: number): string[] {
  if (batchSize < turnedFrom.examples) return [];
  return placed.flatMap(({ name, spec, inputShape }) =>
    spec.type === 'dense' &&
    inputShape.length === 1 &&
    spec.units >= turnedFrom.units &&
    spec.units * inputShape[0] >= turnedFrom.weights
      ? [`${name}/weights`]
      : [],
  );
}

/** The same model with these weights, masks and shared centroids transposed; turned twice, it is as before. */
export const turn = ({ architecture, parameters }: Model, names: string[]): Model => ({
  architecture,
  parameters: parameters.map((parameter) =>
    names.includes(parameter.name) ? turnParameter(parameter) : parameter,
  ),
});

function turnParameter({ shape, data, mask, encoding, ...rest }: Parameter): Parameter {
  return {
    ...rest,
    shape: shape.toReversed(),
    data: transpose(data, shape),
    ...(mask && { mask: transpose(mask, shape) }),
    encoding:
      encoding.type === 'codebook'
        ? { ...encoding, indices: transpose(encoding.indices, shape) }
        : encoding,
  };
}

/** The weights as layers take them, from weights as they lie. */
export const upright = (weights: Tensors, names: string[]): Tensors => ({
  ...weights,
  ...Object.fromEntries(names.map((name) => [name, tf.transpose(weights[name])])),
});

function transpose<A extends Float32Array | Int32Array | Uint8Array>(
  data: A,
  [rows, columns]: number[],
): A {
  const turned = data.slice() as A;
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      turned[column * rows + row] = data[row * columns + column];
    }
  }
  return turned;
}
