/** Searches that try models: what they will ask is tried ahead on other threads, while what they ask is. */
import type { ProgramEvent } from '../contract';
import type { Model } from '../model/evaluate';
import type { Begun, Trials } from '../trials';
import { waitFor } from '../waitFor';
import type { Sample } from './sample';

/** Which model a search wants to be tried. */
export interface Question {
  model: Model;
  /** Bytes that it may leave, by which is told ahead what is asked next: a wrong guess costs time alone. */
  guess: number;
  /** How far the search is, in trials. */
  done: number;
  total: number;
  note: string;
}

/** A search is told what each model leaves that it asks for, and depends on nothing else, so that it can be run again. */
export type Search<Result> = Generator<Question, Result, number>;

/** How many times as fast a search is on so many threads, about: the more are tried ahead, the more are guessed wrongly. */
export const speedOf = ({ atOnce }: Pick<Trials, 'atOnce'>): number => atOnce ** 0.8;

/** A trial whose end is seen at once. */
interface Tried extends Begun {
  end?: { cost: number } | { error: unknown };
  /** Is kept when it ends, however it does. */
  ended: Promise<void>;
}

/**
 * Runs a search on a sample. Its result is the same on any number of threads: those that it leaves free run what it would ask if
 * what it waits for, and what else is not known, was as it guesses.
 */
export async function* searchWith<Result>(
  { bytes, from }: Pick<Sample, 'bytes' | 'from'>,
  { atOnce, begin }: Trials,
  search: () => Search<Result>,
): AsyncGenerator<ProgramEvent, Result> {
  /** Of each model that was asked for, since some are asked for again, and of those that are tried ahead. */
  const trials = new Map<string, Tried>();
  const answers: number[] = [];
  const costOf = (key: string): number | undefined => {
    const end = trials.get(key)?.end;
    if (end && 'error' in end) throw end.error;
    return end?.cost;
  };
  const answerTo = async ({ model }: Question): Promise<number> => {
    const asked = keyOf(model);
    for (;;) {
      const cost = costOf(asked);
      if (cost !== undefined) return cost;
      const wanted = new Map([[asked, model]]);
      if (atOnce > 1) {
        for (const [key, next] of askedNext(search, answers, trials)) {
          wanted.set(key, next);
          if (wanted.size === atOnce) break;
        }
      }
      for (const [key, { end, drop }] of trials) {
        if (end || wanted.has(key)) continue;
        drop();
        trials.delete(key);
      }
      for (const [key, next] of wanted) {
        if (!trials.has(key)) trials.set(key, watched(begin({ model: next, bytes, from })));
      }
      await Promise.race(Array.from(wanted.keys(), (key) => trials.get(key)!.ended));
    }
  };
  const asking = search();
  try {
    let step = asking.next();
    while (!step.done) {
      const { done, total, note } = step.value;
      const told = {
        type: 'progress',
        done: done * bytes.length,
        total: total * bytes.length,
        note,
      } as const;
      const answer = yield* waitFor(answerTo(step.value), () => told);
      answers.push(answer);
      step = asking.next(answer);
    }
    return step.value;
  } finally {
    for (const { end, drop } of trials.values()) if (!end) drop();
  }
}

/** Models alike have the same one. */
const keyOf = (model: Model): string => JSON.stringify(model);

function watched(begun: Begun): Tried {
  const tried: Tried = {
    ...begun,
    ended: begun.cost.then(
      (cost) => void (tried.end = { cost }),
      // Whoever asks for it is told.
      (error: unknown) => void (tried.end = { error }),
    ),
  };
  return tried;
}

/** What a search asks behind its answers so far and the question after them, as long as nothing is known of it. */
function* askedNext(
  search: () => Search<unknown>,
  answers: number[],
  trials: Map<string, Tried>,
): Generator<[string, Model]> {
  const asking = search();
  let step = asking.next();
  for (const answer of answers) step = asking.next(answer);
  for (let isFirst = true; !step.done; isFirst = false) {
    const { model, guess } = step.value;
    const key = keyOf(model);
    const end = trials.get(key)?.end;
    if (!end && !isFirst) yield [key, model];
    step = asking.next(end && 'cost' in end ? end.cost : guess);
  }
}
