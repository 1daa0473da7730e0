/** What the passes share about parameters: which of them are weights, and how a change of values changes the encoding. */
import type { Parameter } from '../../train/model';

/** Weights have at least two axes; vectors are biases and normalisation. */
export function isWeights(parameter: Parameter): boolean {
  return parameter.shape.length > 1;
}

/** The parameter with other values, stored as float32: an encoding that described the old values would lie. */
export function withData(parameter: Parameter, data: Float32Array): Parameter {
  return { ...parameter, data, encoding: { type: 'float32' } };
}
