/** The encoder's search: what pays on a sample is added, what does not pay for itself is left out, and what does is a finding with its savings. */
import { setImmediate } from 'node:timers/promises';
import type { Finding, ProgramEvent, ProgramOptions } from '../contract';
import { echoContext } from '../model/echoes';
import type { ModelSpec } from '../model/engine';
import { fitContext, likeliestContext } from '../model/numbers';
import { swapContexts } from '../model/swaps';
import { byParent, byParents } from '../model/tables';
import type { Semantics } from '../semantics';
import { takeSample } from './sample';

/** Bytes of the file that the search looks at. */
export const sampleSizes: Record<ProgramOptions['effort'], number> = {
  fast: 128_000,
  balanced: 108_000,
  max: 192_000,
};

/** A context costs about this many bytes of deflated decoder, and what it is made of some more. */
export const contextCost = 8;
const extraCosts: [RegExp, number][] = [
  [/\bnear\b/, 45],
  [/likeliest/, 20],
  [/\ba0\b/, 35],
  [/\bphase\b/, 60],
];
const priceOf = (context: string): number =>
  extraCosts.reduce((sum, [part, cost]) => sum + (part.test(context) ? cost : 0), contextCost);

/** Contexts that share what costs bytes of decoder, so that they are first tried together. */
const shared: { part: RegExp; cost: number }[] = [
  { part: /follow/, cost: 40 },
  { part: /\b(word|last)\b/, cost: 45 },
];

/** A context slows the program down, so it has to save this share of it, unless there are few. */
const leastGain: Record<ProgramOptions['effort'], number> = {
  fast: 0.0025,
  balanced: 0.001,
  max: 0.0005,
};
const few: Record<ProgramOptions['effort'], number> = { fast: 4, balanced: 8, max: 8 };

/** What is tried together. */
interface Part {
  contexts?: string[];
  /** Expressions of weight sets. */
  selectors?: string[];
  /** Least lengths of repeats; with all of them goes what asks for one. */
  matches?: number[];
  /** Whether the opinion goes, or what is expected. */
  opinion?: boolean;
  /** How the report names what it tells. */
  sentence?: string;
  /** Bytes of decoder that it needs. */
  cost: number;
}

/** Parts that tell the same thing. */
const families = ({ contexts, selectors, matches, expected }: ModelSpec): Part[] => [
  expected
    ? {
        opinion: true,
        sentence: 'Pixels follow from those around them by least squares.',
        cost: 500,
      }
    : {
        contexts: [fitContext, likeliestContext],
        opinion: true,
        sentence: 'Numbers follow from the other numbers of their row, or from sums of them.',
        cost: 1000,
      },
  { contexts: [echoContext], sentence: 'Rows repeat the digits of earlier rows.', cost: 200 },
  { contexts: swapContexts, cost: 100 },
  {
    contexts: [byParent(0), byParent(1), byParents],
    sentence: 'Some columns tell others.',
    cost: 3 * contextCost,
  },
  {
    contexts: contexts.filter((context) => asksForRepeat.test(context)),
    selectors: selectors.map(({ expression }) => expression).filter((e) => asksForRepeat.test(e)),
    matches,
    sentence: 'Longer passages recur.',
    cost: 380,
  },
];

/** Contexts and weight sets that are told of a repeat, and say nothing where none is followed. */
export const asksForRepeat = /\bmatch\b/;

/**
 * Adds each of `extra` that makes the sample, scaled to the file, clearly shorter; then leaves out each family, and each context from
 * that which saves least, for good where it is hardly longer for it. With `effort: 'fast'` families and contexts are left out in
 * turn, and only of tables and JSON; any other model is returned at once, and nothing is known about savings. `stride` is the length
 * of a record, `size` that of the file which the bytes restate.
 */
export async function* searchModel(
  full: ModelSpec,
  extra: string[],
  bytes: Uint8Array,
  effort: ProgramOptions['effort'],
  {
    semantics,
    stride,
    size = bytes.length,
  }: { semantics?: Semantics; stride?: number; size?: number } = {},
): AsyncGenerator<ProgramEvent, { spec: ModelSpec; found: Finding[] }> {
  const { bytes: sample, costOf, scale } = takeSample(bytes, sampleSizes[effort], stride);
  const isHurried = effort === 'fast';
  if (sample.length === 0 || (isHurried && !semantics)) return { spec: full, found: [] };
  const found: Finding[] = [];
  const total = trialsOf(full, extra, effort);
  let trials = 0;
  const tried = (note: string): ProgramEvent => ({
    type: 'progress',
    done: Math.min(total, trials++) * sample.length,
    total: total * sample.length,
    note,
  });
  // What restates a file with more bytes is that much slower, and cannot afford as many contexts.
  const least = leastGain[effort] * Math.max(1, bytes.length / size) ** 2;
  // Images are fast, since most of their bytes are decided quickly.
  const pace = ({ contexts, sole }: ModelSpec): number =>
    contexts.length > few[effort] && sole === undefined ? cost * scale * least : 0;
  let spec = full;
  let cost = costOf(spec);
  for (const context of isHurried ? [] : extra) {
    yield tried('Adding contexts');
    await setImmediate();
    const wider = { ...spec, contexts: [...spec.contexts, context] };
    const costWith = costOf(wider);
    if ((cost - costWith) * scale < Math.max(contextCost, pace(wider))) continue;
    [spec, cost] = [wider, costWith];
  }
  const without = ({ contexts, selectors, matches, opinion }: Part): ModelSpec => ({
    ...spec,
    contexts: spec.contexts.filter((context) => !contexts?.includes(context)),
    selectors: spec.selectors.filter(({ expression }) => !selectors?.includes(expression)),
    matches: spec.matches.filter((least) => !matches?.includes(least)),
    // To decide bytes quickly makes up for the time that opinions take.
    ...(opinion && { opinion: undefined, expected: undefined, quiet: undefined }),
  });
  const leaveOut = async function* (parts: Part[]): AsyncGenerator<ProgramEvent> {
    for (const part of parts) {
      yield tried('Leaving out contexts');
      await setImmediate();
      const rest = without(part);
      if (sizeOf(rest) === sizeOf(spec) || rest.contexts.length === 0) continue;
      const costWithout = costOf(rest);
      const saved = (costWithout - cost) * scale;
      if (saved <= Math.max(part.cost, pace(spec))) [spec, cost] = [rest, costWithout];
      else if (part.sentence)
        found.push({ sentence: part.sentence, savedBytes: Math.round(saved) });
    }
  };
  const single = (context: string): Part => ({ contexts: [context], cost: priceOf(context) });
  if (isHurried) {
    yield* leaveOut([...families(spec), ...spec.contexts.map(single)]);
    return { spec, found };
  }
  const together = shared.map(({ part, cost }) => ({
    contexts: spec.contexts.filter((context) => part.test(context)),
    cost,
  }));
  yield* leaveOut([...families(spec), ...together]);
  // Of those that tell the same the one that saves least goes first, so that the other stays.
  const parts: Part[] = [
    ...spec.contexts.map(single),
    ...spec.selectors.map(({ expression }) => ({ selectors: [expression], cost: contextCost })),
    ...(spec.matches.length > 1
      ? spec.matches.map((least) => ({ matches: [least], cost: 3 }))
      : []),
  ];
  const weighed = [];
  // Fewer are left than were expected.
  trials = Math.max(trials, total - 2 * parts.length);
  for (const part of parts) {
    yield tried('Weighing contexts');
    await setImmediate();
    weighed.push({ part, cost: costOf(without(part)) });
  }
  weighed.sort((a, b) => a.cost - b.cost);
  yield* leaveOut(weighed.map(({ part }) => part));
  return { spec, found };
}

/** How often the search codes its sample, at most but for the contexts that it adds. */
function trialsOf(full: ModelSpec, extra: string[], effort: ProgramOptions['effort']): number {
  const together = families(full).length;
  if (effort === 'fast') return together + full.contexts.length;
  return extra.length + together + shared.length + 2 * sizeOf(full);
}

/** Bytes that the search codes, about, before it has found what it finds. */
export function searchWork(
  full: ModelSpec,
  extra: string[],
  bytes: Uint8Array,
  effort: ProgramOptions['effort'],
  semantics?: Semantics,
): number {
  if (effort === 'fast' && !semantics) return 0;
  return trialsOf(full, extra, effort) * Math.min(bytes.length, sampleSizes[effort]);
}

const sizeOf = ({ contexts, selectors, matches, opinion, expected }: ModelSpec): number =>
  contexts.length + selectors.length + matches.length + (opinion ? 1 : 0) + (expected ? 1 : 0);
