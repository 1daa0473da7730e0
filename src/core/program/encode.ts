/** Runs a model over a file with progress. */
import { setImmediate } from 'node:timers/promises';
import type { ProgramEvent } from './contract';
import { frontOf } from './model/engine';
import { encodeWith, type EncodeOptions, type Encoding, type Model } from './model/evaluate';

/** Gives way to other work now and then, so that a request to stop is heard. */
export async function* runModel(
  model: Model,
  bytes: Uint8Array,
  options?: EncodeOptions,
): AsyncGenerator<ProgramEvent, Encoding> {
  const steps = encodeWith(model, bytes, options);
  // What stands in front of the data is coded with it.
  const total = bytes.length + (model.type === 'mixing' ? frontOf(model).length : 0);
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
    yield { type: 'progress', done: step.value, total, note: 'Predicting' };
    await setImmediate();
  }
}
