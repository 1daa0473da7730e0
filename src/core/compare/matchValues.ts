/** Pairs tensors whose names say nothing by their values: exporters rename weights that they fold or turn. */
import type { CompareEvent } from './comparison';
import { fits, type Match, type Matches } from './match';
import { measurePair } from './measure';
import type { StoredTensor } from './tensors';

/** Tensors of fewer different values may be equal by chance, as many biases of zeros are. */
const leastDistinct = 8;

const pieceValues = 1 << 16;

/** Pairs tensors that hold the same values, in the same layout or in another one, and that no other of those tensors of their file holds. */
export async function* matchByValues(
  as: StoredTensor[],
  bs: StoredTensor[],
): AsyncGenerator<CompareEvent, Matches<StoredTensor>> {
  const sizes = (tensors: StoredTensor[]): Set<number> =>
    new Set(tensors.map(({ parameters }) => parameters));
  const [sizesA, sizesB] = [sizes(as), sizes(bs)];
  const printsA = yield* fingerprints(as.filter(({ parameters }) => sizesB.has(parameters)));
  const printsB = yield* fingerprints(bs.filter(({ parameters }) => sizesA.has(parameters)));
  const pairs: Match<StoredTensor>[] = [];
  for (const [print, [a, ...others]] of printsA) {
    const [b, ...more] = printsB.get(print) ?? [];
    if (!b || others.length > 0 || more.length > 0 || !fits(a, b)) continue;
    if (yield* areEqual(a, b)) pairs.push({ a, b, by: 'values' });
  }
  const [pairedA, pairedB] = [new Set(pairs.map(({ a }) => a)), new Set(pairs.map(({ b }) => b))];
  return {
    pairs,
    onlyInA: as.filter((a) => !pairedA.has(a)),
    onlyInB: bs.filter((b) => !pairedB.has(b)),
  };
}

/** By a number that is the same for the same values in any order. */
async function* fingerprints(
  tensors: StoredTensor[],
): AsyncGenerator<CompareEvent, Map<string, StoredTensor[]>> {
  const read = tensors.flatMap((tensor) =>
    typeof tensor.values === 'function' && !tensor.integer
      ? [{ tensor, values: tensor.values }]
      : [],
  );
  const total = read.reduce((sum, { tensor }) => sum + tensor.parameters, 0);
  const prints = new Map<string, StoredTensor[]>();
  let done = 0;
  for (const { tensor, values } of read) {
    const { parameters, name } = tensor;
    let [low, high] = [0, 0];
    const distinct = new Set<number>();
    for (let first = 0; first < parameters; first += pieceValues) {
      const piece = await values(first, Math.min(pieceValues, parameters - first));
      for (const value of piece) {
        if (distinct.size < leastDistinct) distinct.add(value);
        // Of -0 and 0, which are equal, one is left.
        number[0] = value + 0;
        const mixed = Math.imul(words[0] ^ Math.imul(words[1], 0x9e3779b1), 0x85ebca6b);
        low = (low + Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)) | 0;
        high = (high + Math.imul(mixed ^ (mixed >>> 16), 0x27d4eb2f)) | 0;
      }
      done += piece.length;
      yield { type: 'progress', done, total, note: `Looking for ${name}` };
    }
    if (distinct.size < leastDistinct) continue;
    const print = `${parameters}:${low}:${high}`;
    const same = prints.get(print);
    if (same) same.push(tensor);
    else prints.set(print, [tensor]);
  }
  return prints;
}

const number = new Float64Array(1);
const words = new Uint32Array(number.buffer);

async function* areEqual(a: StoredTensor, b: StoredTensor): AsyncGenerator<CompareEvent, boolean> {
  const measuring = measurePair(a, b);
  for (;;) {
    const step = await measuring.next();
    if (step.done) return step.value.sums?.unequal === 0;
    yield { type: 'progress', done: step.value, total: a.parameters, note: a.name };
  }
}
