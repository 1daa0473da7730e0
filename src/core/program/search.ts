/** The encoder's search: contexts that do not pay for themselves on a sample are left out of the program. */
import { setImmediate } from 'node:timers/promises';
import type { ModelSpec } from './model/engine';
import { measure } from './model/evaluate';
import type { Finding, ProgramEvent, ProgramOptions } from './program';

/** Bytes of the file that the search looks at. */
const sampleSizes: Record<ProgramOptions['effort'], number> = {
  fast: 0,
  balanced: 24_000,
  max: 96_000,
};

/** A context costs about this many bytes of deflated decoder. */
const contextCost = 14;

/** Leaves out each context in turn, and for good where the sample, scaled to the file, is not longer for it. */
export async function* searchModel(
  full: ModelSpec,
  bytes: Uint8Array,
  effort: ProgramOptions['effort'],
): AsyncGenerator<ProgramEvent, { spec: ModelSpec; found: Finding[] }> {
  if (sampleSizes[effort] === 0) return { spec: full, found: [] };
  const sample = bytes.subarray(0, sampleSizes[effort]);
  const scale = bytes.length / sample.length;
  let spec = full;
  let cost = measure(spec, sample);
  for (const [k, context] of full.contexts.entries()) {
    yield { type: 'progress', done: k, total: full.contexts.length, note: 'Choosing contexts' };
    await setImmediate();
    if (spec.contexts.length === 1) break;
    const without = { ...spec, contexts: spec.contexts.filter((other) => other !== context) };
    const costWithout = measure(without, sample);
    if ((costWithout - cost) * scale > contextCost) continue;
    spec = without;
    cost = costWithout;
  }
  return { spec, found: [] };
}
