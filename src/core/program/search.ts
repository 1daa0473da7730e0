/** The encoder's search: what does not pay for itself on a sample is left out, and what does is a finding with its savings. */
import { setImmediate } from 'node:timers/promises';
import type { ModelSpec } from './model/engine';
import { measure } from './model/evaluate';
import { echoContext } from './model/echoes';
import { byParent, byParents } from './model/kinds';
import { fitContext, sumContext } from './model/numbers';
import type { Finding, ProgramEvent, ProgramOptions } from './program';
import type { Semantics } from './semantics';

/** Bytes of the file that the search looks at. */
const sampleSizes: Record<ProgramOptions['effort'], number> = {
  fast: 0,
  balanced: 48_000,
  max: 192_000,
};

/** A context costs about this many bytes of deflated decoder. */
const contextCost = 12;

/** Contexts that are tried together, because they tell the same thing, and how the report names them. */
const families: { contexts: string[]; sentence: string }[] = [
  {
    contexts: [sumContext],
    sentence: 'Some columns are sums of others, up to a few differences.',
  },
  { contexts: [fitContext], sentence: 'Numbers follow from the other numbers of their row.' },
  { contexts: [echoContext], sentence: 'Rows repeat the digits of earlier rows.' },
  {
    contexts: [byParent(0), byParent(1), byParents],
    sentence: 'Some columns tell others.',
  },
];

/**
 * Leaves out each family and then each context, for good where the sample, scaled to the file, is not longer for it.
 * With `effort: 'fast'` the full model is returned at once, and nothing is known about savings.
 */
export async function* searchModel(
  full: ModelSpec,
  bytes: Uint8Array,
  effort: ProgramOptions['effort'],
  semantics?: Semantics,
): AsyncGenerator<ProgramEvent, { spec: ModelSpec; found: Finding[] }> {
  const sample = bytes.subarray(0, sampleSizes[effort]);
  if (sample.length === 0) return { spec: full, found: unmeasured(semantics) };
  const scale = bytes.length / sample.length;
  const found: Finding[] = [];
  const single = full.contexts.map((context) => ({ contexts: [context], sentence: '' }));
  const trials = [...families, ...single];
  let spec = full;
  let cost = measure(spec, sample);
  for (const [k, { contexts, sentence }] of trials.entries()) {
    yield { type: 'progress', done: k, total: trials.length, note: 'Choosing contexts' };
    await setImmediate();
    const rest = spec.contexts.filter((other) => !contexts.includes(other));
    if (rest.length === spec.contexts.length || rest.length === 0) continue;
    const costWithout = measure({ ...spec, contexts: rest }, sample);
    const saved = (costWithout - cost) * scale;
    if (saved > contextCost * contexts.length) {
      if (sentence) found.push({ sentence, savedBytes: Math.round(saved) });
      continue;
    }
    spec = { ...spec, contexts: rest };
    cost = costWithout;
  }
  return { spec, found: [...found, ...unmeasured(semantics)] };
}

/** Sentences about single columns; their savings are part of the families' and are not claimed twice. */
const unmeasured = (semantics?: Semantics): Finding[] =>
  (semantics?.sentences ?? []).map((sentence) => ({ sentence, savedBytes: 0 }));
