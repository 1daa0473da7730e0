/** Runs the predictor's source text inside the encoder: the only place where text becomes code. */
import type { EngineForm } from './coder';
import { engineSource, type ModelSpec } from './engine';
import { minimalSource, type MinimalSpec } from './minimal';

export type Model = ModelSpec | MinimalSpec;

/** The body of a model's function of `(source, size)`: see `engineSource`. */
export const bodyOf = (model: Model, form: EngineForm): string =>
  model.type === 'mixing' ? engineSource(model, form) : minimalSource(model, form);

export interface Encoding {
  payload: Uint8Array;
  /** Bits that each byte of the source cost. */
  costs: Float32Array;
  /** Of the form `explain` alone: the number of the context, or behind them of the repeat, that predicted each byte best. */
  best?: Uint8Array;
}

type Body = (source: Uint8Array, size: number) => Generator<number, Encoding>;

const GeneratorFunction = Object.getPrototypeOf(function* () {}).constructor as new (
  ...parametersAndBody: string[]
) => Body;

/** Codes `data` (or only measures it); yields the bytes done, every 8192 bytes. */
export function encodeWith(
  model: Model,
  data: Uint8Array,
  form: Exclude<EngineForm, 'decode'> = 'encode',
): Generator<number, Encoding> {
  return new GeneratorFunction('source', 'size', bodyOf(model, form))(data, data.length);
}

/** What the emitted program does: the data from its payload. */
export function decodeWith(model: Model, payload: Uint8Array, size: number): Uint8Array {
  const body = new Function('source', 'size', bodyOf(model, 'decode')) as (
    source: Uint8Array,
    size: number,
  ) => Uint8Array;
  return body(payload, size);
}

/** Total cost of `data` in bytes under the model, without coding it. */
export function measure(model: Model, data: Uint8Array): number {
  const steps = encodeWith(model, data, 'measure');
  for (let step = steps.next(); ; step = steps.next()) {
    if (step.done) return step.value.costs.reduce((sum, bits) => sum + bits, 0) / 8;
  }
}
