/** What a file is predicted as: where its bytes do not tell clearly what they are, the kind whose model leaves least of a sample. */
import { joinBytes } from '../join';
import { analyse } from './analyse';
import type { ProgramEvent, ProgramOptions } from './contract';
import { fastModel } from './model/kinds';
import { searchWith } from './search/ahead';
import { analyseSyntax, type Syntax } from './syntax';
import { ownThread, type Trials } from './trials';

/** Parts of a file in which kinds are compared, from all over it, and bytes of each; `first` is enough for some to drop out. */
const sampled = { parts: 4, bytes: 1 << 14, first: 1 << 12 };

/** What of the cost another kind may leave to be worth it: a sample is not all. */
const mostLeft = 0.97;

interface Choice {
  /** What the bytes look like, where that is known. */
  look?: Syntax;
  /** Whether a kind that leaves more of a quarter of the sample is not tried on all of it, which takes most of the time. */
  isSifted?: boolean;
  trials?: Trials;
}

/** Bytes that are coded to tell what bytes are predicted as that look like `look`, at most. */
export function predictedAsWork(
  bytes: Uint8Array,
  effort: ProgramOptions['effort'],
  look: Syntax,
): number {
  const others = othersOf(look, bytes, effort).length;
  return others && (others + 1) * Math.min(bytes.length, sampled.parts * sampled.bytes);
}

/** What the bytes look like, or another kind that the model which the effort asks for predicts them better as. */
export async function* predictedAs(
  bytes: Uint8Array,
  effort: ProgramOptions['effort'],
  { look = analyseSyntax(bytes), isSifted = false, trials = ownThread() }: Choice = {},
): AsyncGenerator<ProgramEvent, Syntax> {
  /** What is left of a sample of the look, and of each of the others. */
  const costsOf = (
    others: Syntax[],
    sample: Uint8Array,
  ): AsyncGenerator<ProgramEvent, { own: number; rivals: { syntax: Syntax; cost: number }[] }> => {
    const models = [look, ...others].map((syntax) => {
      const { full } = analyse(sample, syntax);
      return effort === 'fast' ? fastModel(full, syntax, false) : full;
    });
    const counted = { bytes: sample, from: sample.length >> 2 };
    return searchWith(counted, trials, function* () {
      const costs: number[] = [];
      for (const [done, model] of models.entries()) {
        const note = 'Comparing kinds of files';
        costs.push(yield { model, guess: 0, done, total: models.length, note });
      }
      const [own, ...rest] = costs;
      return { own, rivals: others.map((syntax, k) => ({ syntax, cost: rest[k] })) };
    });
  };
  let others = othersOf(look, bytes, effort);
  const sample = sampleOf(bytes, sampled.bytes);
  const sieve = sampleOf(bytes, sampled.first);
  if (isSifted && others.length > 0 && 2 * sieve.length < sample.length) {
    const { own, rivals } = yield* costsOf(others, sieve);
    others = rivals.filter(({ cost }) => cost < own).map(({ syntax }) => syntax);
  }
  if (others.length === 0) return look;
  const { own, rivals } = yield* costsOf(others, sample);
  return rivals.reduce((best, rival) => (rival.cost < mostLeft * best.cost ? rival : best), {
    syntax: look,
    cost: own,
  }).syntax;
}

/** What bytes may be predicted as that look like `syntax`. */
function othersOf({ type }: Syntax, bytes: Uint8Array, effort: ProgramOptions['effort']): Syntax[] {
  // JSON of few keys, as of long lists, begins like any other.
  const isBracketed = /^\s*[[{]/.test(Buffer.from(bytes.subarray(0, 64)).toString('latin1'));
  const json: Syntax = { type: 'json', ...(!isBracketed && { isLoose: true }) };
  if (type === 'text') return [json, { type: 'log' }];
  if (type === 'log') return [json];
  // In a hurry few contexts are picked, which records have as well.
  return type === 'records' && effort !== 'fast' ? [{ type: 'bytes' }] : [];
}

function sampleOf(bytes: Uint8Array, length: number): Uint8Array {
  const { parts } = sampled;
  if (bytes.length <= parts * length) return bytes;
  const starts = Array.from({ length: parts }, (_, k) =>
    Math.floor(((bytes.length - length) * k) / (parts - 1)),
  );
  return joinBytes(starts.map((from) => bytes.subarray(from, from + length)));
}
