/** The encoder's search: what pays on a sample is added, what does not pay for itself is left out, and what does is a finding with its savings. */
import type { Finding, ProgramEvent, ProgramOptions } from '../contract';
import type { ModelSpec } from '../model/engine';
import type { Semantics } from '../semantics';
import { ownThread, type Trials } from '../trials';
import { searchWith, type Search } from './ahead';
import {
  contextCost,
  contextPart,
  families,
  sharedParts,
  singleParts,
  sizeOf,
  withoutPart,
  type Part,
} from './parts';
import { takeSample } from './sample';

/** Bytes of the file that the search looks at. */
export const sampleSizes: Record<ProgramOptions['effort'], number> = {
  fast: 128_000,
  balanced: 108_000,
  max: 192_000,
};

/** A context slows the program down, so it has to save this share of it, unless there are few. */
const leastGain: Record<ProgramOptions['effort'], number> = {
  fast: 0.0025,
  balanced: 0.001,
  max: 0.0005,
};
const few: Record<ProgramOptions['effort'], number> = { fast: 4, balanced: 8, max: 8 };

/** A part saves so many times as much when others that told the same are gone, about. */
const later = 2;

/** What a search leaves of a model, and what it found out on the way. */
interface Thinned {
  spec: ModelSpec;
  found: Finding[];
}

/** A model, and the bytes that it leaves of the sample. */
interface Standing {
  spec: ModelSpec;
  cost: number;
}

interface SearchOptions {
  semantics?: Semantics;
  /** Of a record. */
  stride?: number;
  /** Of the file which the bytes restate. */
  size?: number;
  trials?: Trials;
}

/**
 * Adds each of `extra` that makes the sample, scaled to the file, clearly shorter; then leaves out each family, and each context from
 * that which saves least, for good where it is hardly longer for it. With `effort: 'fast'` families and contexts are left out in
 * turn, and only of tables and JSON; any other model is returned at once, and nothing is known about savings.
 */
export async function* searchModel(
  full: ModelSpec,
  extra: string[],
  bytes: Uint8Array,
  effort: ProgramOptions['effort'],
  { semantics, stride, size = bytes.length, trials = ownThread() }: SearchOptions = {},
): AsyncGenerator<ProgramEvent, Thinned> {
  const sample = takeSample(bytes, sampleSizes[effort], stride);
  if (sample.bytes.length === 0 || (effort === 'fast' && !semantics))
    return { spec: full, found: [] };
  // What restates a file with more bytes is that much slower, and cannot afford as many contexts.
  const least = leastGain[effort] * Math.max(1, bytes.length / size) ** 2;
  const { scale } = sample;
  return yield* searchWith(sample, trials, () =>
    thinned(full, effort === 'fast' ? [] : extra, {
      isHurried: effort === 'fast',
      scale,
      total: trialsOf(full, extra, effort),
      // Images are fast, since most of their bytes are decided quickly.
      pace: ({ contexts, sole }, cost) =>
        contexts.length > few[effort] && sole === undefined ? cost * scale * least : 0,
    }),
  );
}

interface Thinning {
  isHurried: boolean;
  /** So many times what is saved of the sample is saved of the file. */
  scale: number;
  /** Trials that are expected. */
  total: number;
  /** Bytes that a context of the model has to save for its time. */
  pace(spec: ModelSpec, cost: number): number;
}

function* thinned(
  full: ModelSpec,
  extra: string[],
  { isHurried, scale, total, pace }: Thinning,
): Search<Thinned> {
  const found: Finding[] = [];
  /** Those that are behind. */
  let done = 0;
  const asked = function* (model: ModelSpec, guess: number, note: string): Search<number> {
    return yield { model, guess, done: Math.min(total, done), total, note };
  };
  const start = yield* asked(full, 0, isHurried ? 'Leaving out contexts' : 'Adding contexts');
  let standing: Standing = { spec: full, cost: start };
  for (const context of extra) {
    const { spec, cost } = standing;
    const wider = { ...spec, contexts: [...spec.contexts, context] };
    const costWith = yield* asked(wider, cost, 'Adding contexts');
    done++;
    if ((cost - costWith) * scale < Math.max(contextCost, pace(wider, cost))) continue;
    standing = { spec: wider, cost: costWith };
  }
  /** `expected` is how much longer the sample may be without the part. */
  const leaveOut = function* (parts: { part: Part; expected: number }[]): Search<void> {
    for (const { part, expected } of parts) {
      const { spec, cost } = standing;
      const rest = withoutPart(spec, part);
      const isLess = sizeOf(rest) < sizeOf(spec) && rest.contexts.length > 0;
      // What is known already is not tried.
      const tried = isLess ? rest : spec;
      const costWithout = yield* asked(tried, cost + expected, 'Leaving out contexts');
      done++;
      const saved = (costWithout - cost) * scale;
      if (saved <= Math.max(part.cost, pace(spec, cost)))
        standing = { spec: tried, cost: costWithout };
      else if (part.sentence)
        found.push({ sentence: part.sentence, savedBytes: Math.round(saved) });
    }
  };
  const unneeded = (part: Part): { part: Part; expected: number } => ({ part, expected: 0 });
  if (isHurried) {
    const { spec } = standing;
    // Those that are known to save little are not among them.
    const needed = spec.contexts.map((name) => ({ part: contextPart(name), expected: Infinity }));
    yield* leaveOut([...families(spec).map(unneeded), ...needed]);
    return { spec: standing.spec, found };
  }
  yield* leaveOut([...families(standing.spec), ...sharedParts(standing.spec)].map(unneeded));
  const { spec, cost } = standing;
  const parts = singleParts(spec);
  const weighed = [];
  // Fewer are left than were expected.
  done = Math.max(done, total - 2 * parts.length);
  for (const part of parts) {
    const costWithout = yield* asked(withoutPart(spec, part), cost, 'Weighing contexts');
    done++;
    weighed.push({ part, cost: costWithout, expected: later * (costWithout - cost) });
  }
  // Of those that tell the same the one that saves least goes first, so that the other stays.
  weighed.sort((a, b) => a.cost - b.cost);
  yield* leaveOut(weighed);
  return { spec: standing.spec, found };
}

/** How often the search codes its sample, at most but for the contexts that it adds. */
function trialsOf(full: ModelSpec, extra: string[], effort: ProgramOptions['effort']): number {
  const together = families(full).length;
  if (effort === 'fast') return together + full.contexts.length;
  return extra.length + together + sharedParts(full).length + 2 * sizeOf(full);
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
