/** What a file is predicted as: where its bytes do not tell clearly what they are, the kind whose model leaves least of a sample. */
import { joinBytes } from '../join';
import { analyse } from './analyse';
import type { ProgramOptions } from './contract';
import { createMemory, measure } from './model/evaluate';
import { fastModel } from './model/kinds';
import { analyseSyntax, type Syntax } from './syntax';

/** Parts of a file in which kinds are compared, from all over it, and their bytes. */
const sampled = { parts: 4, bytes: 1 << 14 };

/** What of the cost another kind may leave to be worth it: a sample is not all. */
const mostLeft = 0.97;

/** What the bytes are, or another kind that the model which the effort asks for predicts them better as. */
export function predictedAs(bytes: Uint8Array, effort: ProgramOptions['effort']): Syntax {
  const syntax = analyseSyntax(bytes);
  const others = othersOf(syntax, bytes, effort);
  if (others.length === 0) return syntax;
  const sample = sampleOf(bytes);
  const memory = createMemory();
  const costOf = (other: Syntax): number => {
    const { full } = analyse(sample, other);
    const model = effort === 'fast' ? fastModel(full, other, false) : full;
    return measure(model, sample, sample.length >> 2, memory);
  };
  return others.reduce(
    (best, other) => {
      const cost = costOf(other);
      return cost < mostLeft * best.cost ? { syntax: other, cost } : best;
    },
    { syntax, cost: costOf(syntax) },
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

function sampleOf(bytes: Uint8Array): Uint8Array {
  const { parts, bytes: length } = sampled;
  if (bytes.length <= parts * length) return bytes;
  const starts = Array.from({ length: parts }, (_, k) =>
    Math.floor(((bytes.length - length) * k) / (parts - 1)),
  );
  return joinBytes(starts.map((from) => bytes.subarray(from, from + length)));
}
