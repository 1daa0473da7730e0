/** What a file is predicted as: where its bytes do not tell clearly what they are, the kind whose model leaves least of a sample. */
import { joinBytes } from '../join';
import { analyse } from './analyse';
import type { ProgramOptions } from './contract';
import { createMemory, measure } from './model/evaluate';
import { fastModel } from './model/kinds';
import { analyseSyntax, type Syntax } from './syntax';

/** Parts of a file in which kinds are compared, from all over it, and bytes of each; `first` is enough for some to drop out. */
const sampled = { parts: 4, bytes: 1 << 14, first: 1 << 12 };

/** What of the cost another kind may leave to be worth it: a sample is not all. */
const mostLeft = 0.97;

interface Choice {
  /** What the bytes look like, where that is known. */
  look?: Syntax;
  /** Whether a kind that leaves more of a quarter of the sample is not tried on all of it, which takes most of the time. */
  isSifted?: boolean;
}

/** What the bytes look like, or another kind that the model which the effort asks for predicts them better as. */
export function predictedAs(
  bytes: Uint8Array,
  effort: ProgramOptions['effort'],
  { look = analyseSyntax(bytes), isSifted = false }: Choice = {},
): Syntax {
  const memory = createMemory();
  const costOf = (syntax: Syntax, sample: Uint8Array): number => {
    const { full } = analyse(sample, syntax);
    const model = effort === 'fast' ? fastModel(full, syntax, false) : full;
    return measure(model, sample, sample.length >> 2, memory);
  };
  let others = othersOf(look, bytes, effort);
  const sample = sampleOf(bytes, sampled.bytes);
  const sieve = sampleOf(bytes, sampled.first);
  if (isSifted && others.length > 0 && 2 * sieve.length < sample.length) {
    const own = costOf(look, sieve);
    others = others.filter((other) => costOf(other, sieve) < own);
  }
  if (others.length === 0) return look;
  return others.reduce(
    (best, other) => {
      const cost = costOf(other, sample);
      return cost < mostLeft * best.cost ? { syntax: other, cost } : best;
    },
    { syntax: look, cost: costOf(look, sample) },
  ).syntax;
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
