/** What the passes share about parameters: which of them are weights, and how a change of values changes the encoding. */
import { KolmoError } from '../error';
import type { Model, Parameter } from '../train/model';

/** Weights have at least two axes; vectors are biases and normalisation. */
export function isWeights(parameter: Parameter): boolean {
  return parameter.shape.length > 1;
}

/** The parameter with other values, stored as float32: an encoding that described the old values would lie. */
export function withData(parameter: Parameter, data: Float32Array): Parameter {
  return { ...parameter, data, encoding: { type: 'float32' } };
}

/**
 * Tells the weights that a pass changes from those that it was asked to leave alone.
 * @param except names of weights, separated by commas
 * @throws KolmoError for a name that none of the model's weights has
 */
export function weightsBut(model: Model, except = ''): (parameter: Parameter) => boolean {
  const left = new Set(
    except
      .split(',')
      .map((name) => name.trim())
      .filter(Boolean),
  );
  const weights = model.parameters.filter(isWeights);
  for (const name of left) {
    if (weights.some((parameter) => parameter.name === name)) continue;
    throw new KolmoError(
      `There are no weights ${name} to leave alone: choose among ${weights.map((each) => each.name).join(', ')}.`,
    );
  }
  return (parameter) => isWeights(parameter) && !left.has(parameter.name);
}
