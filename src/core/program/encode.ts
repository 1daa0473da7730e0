/** Runs a model over a file with progress. */
import { setImmediate } from 'node:timers/promises';
import { encodeWith, type Encoding, type Model } from './model/evaluate';
import type { ProgramEvent } from './program';

/** Gives way to other work now and then, so that a request to stop is heard. */
export async function* runModel(
  model: Model,
  bytes: Uint8Array,
  form: Parameters<typeof encodeWith>[2],
): AsyncGenerator<ProgramEvent, Encoding> {
  const steps = encodeWith(model, bytes, form);
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
    yield { type: 'progress', done: step.value, total: bytes.length, note: 'Predicting' };
    await setImmediate();
  }
}
