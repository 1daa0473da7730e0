/** Runs the predictor's source text inside the encoder: the only place where text becomes code. */
import { engineSource, type EngineForm, type ModelSpec } from './engine';

export interface Encoding {
  payload: Uint8Array;
  /** Bits that each byte of the source cost. */
  costs: Float32Array;
}

type Body = (source: Uint8Array, size: number) => Generator<number, Encoding>;

const GeneratorFunction = Object.getPrototypeOf(function* () {}).constructor as new (
  ...parametersAndBody: string[]
) => Body;

/** Codes `data` (or only measures it); yields the bytes done, every 8192 bytes. */
export function encodeWith(
  spec: ModelSpec,
  data: Uint8Array,
  form: Exclude<EngineForm, 'decode'> = 'encode',
): Generator<number, Encoding> {
  return new GeneratorFunction('source', 'size', engineSource(spec, form))(data, data.length);
}

/** What the emitted program does: the data from its payload. */
export function decodeWith(spec: ModelSpec, payload: Uint8Array, size: number): Uint8Array {
  const body = new Function('source', 'size', engineSource(spec, 'decode')) as (
    source: Uint8Array,
    size: number,
  ) => Uint8Array;
  return body(payload, size);
}

/** Total cost of `data` in bytes under the model, without coding it. */
export function measure(spec: ModelSpec, data: Uint8Array): number {
  const steps = encodeWith(spec, data, 'measure');
  for (let step = steps.next(); ; step = steps.next()) {
    if (step.done) return step.value.costs.reduce((sum, bits) => sum + bits, 0) / 8;
  }
}
