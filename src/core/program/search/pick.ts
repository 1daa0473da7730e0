/** The quick search: of the contexts of a kind those that tell most, as many as a program has time for that is to write a megabyte a second. */
import type { Finding, ProgramEvent } from '../contract';
import type { ModelSpec } from '../model/engine';
import { fitContext, likeliestContext } from '../model/numbers';
import type { Syntax } from '../syntax';
import { ownThread, type Trials } from '../trials';
import { searchWith, type Search } from './ahead';
import { asksForRepeat, contextCost } from './parts';
import { recurs } from './recurrence';
import { takeSample } from './sample';

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

/** The share of the contexts that are tried again after one was picked, about. */
const retried = 3 / 8;

/** What a context saves beside one more, of what it saved before, about. */
const again = 0.5;

/** How many there is time for where decisions are those around what is expected. */
export const roomAround = 2;

/** Bytes: the program of a shorter text takes most of its time to start. */
const leastTimed = 1 << 18;

/** How many contexts a file is predicted from; of other kinds nothing. What repeats foresee of a text leaves time for one more. */
export function roomFor({ type }: Syntax, bytes: Uint8Array): number | undefined {
  const isTimed = type === 'text' && bytes.length >= leastTimed && !recurs(bytes);
  const room = rooms[type];
  return isTimed && room !== undefined ? room - 1 : room;
}

/** Opinions take a third of the time and save about twice as much of a sample as of its file: less of it is not worth that. */
const opinionGain = 0.035;

/** How many contexts there is time for in tables and JSON whose opinions are left out. */
export const plainRoom = 8;

/** Bytes that `opinionPays` codes. */
export const opinionWork = (bytes: Uint8Array): number =>
  2 * Math.min(bytes.length, 2 * sampleSize);

/**
 * Whether opinions save what they cost in time. Of a whole file, too, only the second half counts, unlike in other samples: while
 * little is known they save more, but less than the contexts that are picked in their place.
 */
export async function* opinionPays(
  model: ModelSpec,
  bytes: Uint8Array,
  trials = ownThread(),
): AsyncGenerator<ProgramEvent, boolean> {
  const sample = bytes.subarray(0, 2 * sampleSize);
  const counted = { bytes: sample, from: sample.length >> 1 };
  return yield* searchWith(counted, trials, function* () {
    const told = { guess: 0, total: 2, note: 'Weighing what numbers tell' };
    const cost = yield { model, done: 0, ...told };
    const plain = yield { model: withoutOpinion(model), done: 1, ...told };
    return plain > (1 + opinionGain) * cost;
  });
}

/** The model that is told neither what numbers are expected nor what pixels are. */
export const withoutOpinion = (model: ModelSpec): ModelSpec => ({
  ...model,
  opinion: undefined,
  expected: undefined,
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

export interface Picked {
  spec: ModelSpec;
  found: Finding[];
  /** Bytes of the sample. */
  cost: number;
}

const trialsOf = (contexts: number, sets: number, room: number): number =>
  contexts + Math.round(retried * contexts * room) + sets;

interface PickOptions {
  /** For so many contexts. */
  room: number;
  hasRepeats: boolean;
  /** Of a record. */
  stride?: number;
  trials?: Trials;
}

/**
 * Begins with no context, and adds the one that saves most of the sample: since it saves the less the more have been picked, only
 * those are tried again that saved more before than the best one does now. Of the weight sets the best one stays, and of the repeats
 * the shortest where the file holds many long ones.
 */
export async function* pickModel(
  full: ModelSpec,
  extra: string[],
  bytes: Uint8Array,
  { room, hasRepeats, stride, trials = ownThread() }: PickOptions,
): AsyncGenerator<ProgramEvent, Picked> {
  const sample = takeSample(bytes, sampleSize, stride);
  const matches = hasRepeats && recurs(bytes) ? full.matches.slice(0, 1) : [];
  const isAllowed = (expression: string): boolean =>
    matches.length > 0 || !asksForRepeat.test(expression);
  const contexts = [...full.contexts, ...extra].filter(isAllowed);
  const sets = full.selectors.filter(({ expression }) => isAllowed(expression));
  const empty: ModelSpec = {
    leastError,
    ...full,
    contexts: [],
    selectors: sets.slice(0, 1),
    matches,
  };
  return yield* searchWith(sample, trials, () =>
    picked(empty, contexts, sets, { room, scale: sample.scale }),
  );
}

function* picked(
  empty: ModelSpec,
  contexts: string[],
  sets: ModelSpec['selectors'],
  { room, scale }: { room: number; scale: number },
): Search<Picked> {
  const total = trialsOf(contexts.length, sets.length, room);
  let trials = 0;
  const asked = function* (model: ModelSpec, guess: number): Search<number> {
    return yield { model, guess, done: Math.min(total, trials++), total, note: 'Adding contexts' };
  };
  let spec = empty;
  let cost = yield* asked(spec, 0);
  /** Of each context what it saved when it was last tried, and beside how many others. */
  let left = contexts.map((context) => ({ context, saved: Infinity, beside: -1 }));
  while (spec.contexts.length < room && left.length > 0) {
    const best = left.reduce((a, b) => (b.saved > a.saved ? b : a));
    const wider = { ...spec, contexts: [...spec.contexts, best.context] };
    if (best.beside < spec.contexts.length) {
      const guess = best.saved < Infinity ? cost - again * best.saved : cost;
      best.saved = cost - (yield* asked(wider, guess));
      best.beside = spec.contexts.length;
      continue;
    }
    if (best.saved * scale <= contextCost && spec.contexts.length > 0) break;
    spec = wider;
    cost -= best.saved;
    left = left.filter((other) => other !== best);
  }
  // Contexts may have been picked at fewer trials than were expected.
  trials = Math.max(trials, total - sets.length + 1);
  for (const set of sets.slice(1)) {
    const other = { ...spec, selectors: [set] };
    const otherCost = yield* asked(other, cost);
    if (otherCost < cost) [spec, cost] = [other, otherCost];
  }
  return { spec, found: [], cost };
}
