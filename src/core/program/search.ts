/** The encoder's search: what pays on a sample is added, what does not pay for itself is left out, and what does is a finding with its savings. */
import { setImmediate } from 'node:timers/promises';
import type { ModelSpec } from './model/engine';
import { measure } from './model/evaluate';
import { echoContext } from './model/echoes';
import { byParent, byParents } from './model/tables';
import { fitContext, likeliestContext } from './model/numbers';
import { swapContexts } from './model/swaps';
import type { Finding, ProgramEvent, ProgramOptions } from './program';
import type { Semantics } from './semantics';

/** Bytes of the file that the search looks at. */
const sampleSizes: Record<ProgramOptions['effort'], number> = {
  fast: 0,
  balanced: 72_000,
  max: 192_000,
};

/** A context costs about this many bytes of deflated decoder, and what it is made of some more. */
const contextCost = 8;
const extraCosts: [RegExp, number][] = [
  [/\bnear\b/, 45],
  [/likeliest/, 20],
  [/\ba0\b/, 35],
];
const costOf = (context: string): number =>
  extraCosts.reduce((sum, [part, cost]) => sum + (part.test(context) ? cost : 0), contextCost);

/** Contexts that share what costs bytes of decoder, so that they are first tried together. */
const shared: { part: RegExp; cost: number }[] = [
  { part: /follow/, cost: 40 },
  { part: /\b(word|last)\b/, cost: 45 },
];

/** A context slows the program down, so it has to save this share of it, unless there are few. */
const leastGain: Record<ProgramOptions['effort'], number> = {
  fast: 0,
  balanced: 0.0015,
  max: 0.0005,
};
const few = 8;

/** Contexts that are tried together, because they tell the same thing, how the report names them, and the bytes of decoder that they need. */
const families: { contexts: string[]; opinion?: boolean; sentence: string; cost: number }[] = [
  {
    contexts: [fitContext, likeliestContext],
    opinion: true,
    sentence: 'Numbers follow from the other numbers of their row, or from sums of them.',
    cost: 1000,
  },
  { contexts: [echoContext], sentence: 'Rows repeat the digits of earlier rows.', cost: 200 },
  { contexts: swapContexts, sentence: 'Pairs of cells recur the other way round.', cost: 100 },
  {
    contexts: [byParent(0), byParent(1), byParents],
    sentence: 'Some columns tell others.',
    cost: 3 * contextCost,
  },
];

/**
 * Adds each of `extra` that makes the sample, scaled to the file, clearly shorter; then leaves out each family and each context, for
 * good where it is hardly longer for it. With `effort: 'fast'` the full model is returned at once, and nothing is known about savings.
 */
export async function* searchModel(
  full: ModelSpec,
  extra: string[],
  bytes: Uint8Array,
  effort: ProgramOptions['effort'],
  semantics?: Semantics,
): AsyncGenerator<ProgramEvent, { spec: ModelSpec; found: Finding[] }> {
  const sample = bytes.subarray(0, sampleSizes[effort]);
  if (sample.length === 0) return { spec: full, found: unmeasured(semantics) };
  // A context may have to see much before it tells anything, so only what comes after half of the sample counts.
  const from = sample.length < bytes.length ? sample.length >> 1 : 0;
  const scale = bytes.length / (sample.length - from);
  const found: Finding[] = [];
  // Images are fast, since most of their bytes are decided quickly.
  const pace = ({ contexts, quiet }: ModelSpec): number =>
    contexts.length > few && !quiet ? cost * scale * leastGain[effort] : 0;
  let spec = full;
  let cost = measure(spec, sample, from);
  for (const [k, context] of extra.entries()) {
    yield { type: 'progress', done: k, total: extra.length, note: 'Adding contexts' };
    await setImmediate();
    const wider = { ...spec, contexts: [...spec.contexts, context] };
    const costWith = measure(wider, sample, from);
    if ((cost - costWith) * scale < Math.max(contextCost, pace(wider))) continue;
    [spec, cost] = [wider, costWith];
  }
  const unnamed = { opinion: false, sentence: '' };
  const together = shared.map(({ part, cost }) => ({
    ...unnamed,
    contexts: spec.contexts.filter((context) => part.test(context)),
    cost,
  }));
  const single = spec.contexts.map((context) => ({
    ...unnamed,
    contexts: [context],
    cost: costOf(context),
  }));
  const trials = [...families, ...together, ...single];
  for (const [k, { contexts, opinion, sentence, cost: code }] of trials.entries()) {
    yield { type: 'progress', done: k, total: trials.length, note: 'Leaving out contexts' };
    await setImmediate();
    const rest = spec.contexts.filter((other) => !contexts.includes(other));
    if (rest.length === spec.contexts.length || rest.length === 0) continue;
    const without = { ...spec, contexts: rest, opinion: spec.opinion && !opinion };
    const costWithout = measure(without, sample, from);
    const saved = (costWithout - cost) * scale;
    if (saved > Math.max(code, pace(spec))) {
      if (sentence) found.push({ sentence, savedBytes: Math.round(saved) });
      continue;
    }
    [spec, cost] = [without, costWithout];
  }
  return { spec, found: [...found, ...unmeasured(semantics)] };
}

/** Sentences about single columns; their savings are part of the families' and are not claimed twice. */
const unmeasured = (semantics?: Semantics): Finding[] =>
  (semantics?.sentences ?? []).map((sentence) => ({ sentence, savedBytes: 0 }));
