/** The quick search: of the contexts of a kind those that tell most, as many as a program has time for that is to write a megabyte a second. */
import { setImmediate } from 'node:timers/promises';
import type { Finding, ProgramEvent } from '../contract';
import type { ModelSpec } from '../model/engine';
import { measure } from '../model/evaluate';
import { fitContext, likeliestContext } from '../model/numbers';
import type { Syntax } from '../syntax';
import { recurs } from './recurrence';
import { takeSample } from './sample';
import { asksForRepeat, contextCost } from './search';

/** Bytes of the file that are looked at. */
const sampleSize = 64_000;

/**
 * How many contexts there is time for. Bytes of text take five decisions, those of pictures and sound eight, and what is expected
 * of them is computed besides. Other kinds are searched otherwise, or predicted from what proved good for all of them.
 */
const rooms: Partial<Record<Syntax['type'], number>> = {
  text: 7,
  records: 4,
  bytes: 4,
  raster: 3,
  residuals: 2,
};

/** What is expected but for less teaches nothing: a twentieth faster, a thousandth longer. */
const leastError = 1e-3;

/** How often a context is tried again after others were picked, about. */
const retrials = 4;

/** How many contexts a kind of file is predicted from; of other kinds nothing. */
export const roomFor = ({ type }: Syntax): number | undefined => rooms[type];

/** Opinions take a third of the time and save about twice as much of a sample as of its file: less of it is not worth that. */
const opinionGain = 0.035;

/** How many contexts there is time for in tables and JSON whose opinions are left out. */
export const plainRoom = 8;

/** Whether opinions save what they cost in time. */
export function opinionPays(model: ModelSpec, bytes: Uint8Array): boolean {
  const sample = bytes.subarray(0, 2 * sampleSize);
  const from = sample.length >> 1;
  const cost = measure(model, sample, from);
  const plain = measure(withoutOpinion(model), sample, from);
  return plain > (1 + opinionGain) * cost;
}

/** The model that is not told what numbers are expected. */
export const withoutOpinion = (model: ModelSpec): ModelSpec => ({
  ...model,
  opinion: undefined,
  quiet: undefined,
  contexts: model.contexts.filter((context) => ![fitContext, likeliestContext].includes(context)),
});

/** Bytes that picking codes, about. */
export const pickWork = (
  { contexts, selectors }: ModelSpec,
  extra: string[],
  bytes: Uint8Array,
  room: number,
): number =>
  trialsOf(contexts.length + extra.length, selectors.length, room) *
  Math.min(bytes.length, sampleSize);

const trialsOf = (contexts: number, sets: number, room: number): number =>
  contexts + 1 + retrials * room + sets;

/**
 * Begins with no context, and adds the one that saves most of the sample: since it saves the less the more have been picked, only
 * those are tried again that saved more before than the best one does now. Of the weight sets the best one stays, and of the repeats
 * the shortest where the file holds many long ones. `stride` is the length of a record.
 */
export async function* pickModel(
  full: ModelSpec,
  extra: string[],
  bytes: Uint8Array,
  { room, hasRepeats, stride }: { room: number; hasRepeats: boolean; stride?: number },
): AsyncGenerator<ProgramEvent, { spec: ModelSpec; found: Finding[] }> {
  const { bytes: sample, costOf, scale } = takeSample(bytes, sampleSize, stride);
  const matches = hasRepeats && recurs(bytes) ? full.matches.slice(0, 1) : [];
  const isAllowed = (expression: string): boolean =>
    matches.length > 0 || !asksForRepeat.test(expression);
  const contexts = [...full.contexts, ...extra].filter(isAllowed);
  const sets = full.selectors.filter(({ expression }) => isAllowed(expression));
  const total = trialsOf(contexts.length, sets.length, room) * sample.length;
  let trials = 0;
  const tried = async function* (model: ModelSpec): AsyncGenerator<ProgramEvent, number> {
    const done = Math.min(total, trials++ * sample.length);
    yield { type: 'progress', done, total, note: 'Adding contexts' };
    await setImmediate();
    return costOf(model);
  };

  let spec: ModelSpec = {
    leastError,
    ...full,
    contexts: [],
    selectors: sets.slice(0, 1),
    matches,
  };
  let cost = yield* tried(spec);
  /** Of each context what it saved when it was last tried, and beside how many others. */
  let left = contexts.map((context) => ({ context, saved: Infinity, beside: -1 }));
  while (spec.contexts.length < room && left.length > 0) {
    const best = left.reduce((a, b) => (b.saved > a.saved ? b : a));
    const wider = { ...spec, contexts: [...spec.contexts, best.context] };
    if (best.beside < spec.contexts.length) {
      best.saved = cost - (yield* tried(wider));
      best.beside = spec.contexts.length;
      continue;
    }
    if (best.saved * scale <= contextCost && spec.contexts.length > 0) break;
    spec = wider;
    cost -= best.saved;
    left = left.filter((other) => other !== best);
  }
  for (const set of sets.slice(1)) {
    const other = { ...spec, selectors: [set] };
    const otherCost = yield* tried(other);
    if (otherCost < cost) [spec, cost] = [other, otherCost];
  }
  return { spec, found: [] };
}
