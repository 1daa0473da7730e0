/** Measures a pair of tensors, in the layout in which their values go together. */
import { formatCount } from '../count';
import { addValues, correlationOf, noSums, type Sums } from './difference';
import { isGgufName, isNorm, isRotated } from './ggufNames';
import { headRowsOf, interleaveHalves, layoutsBetween, sameOrder, turn } from './layouts';
import { mostTurned, type StoredTensor, type Values } from './tensors';

export interface Measured {
  sums?: Sums;
  axes?: number[];
  headRows?: number;
  oneAdded?: boolean;
  notCompared?: string;
}

/** Values that are compared at a time. */
const pieceValues = 1 << 16;

/**
 * Tells after each piece how many values of the pair are done.
 * Where the order of the values is not certain from the shapes, as that of a square matrix is not, a turned layout
 * counts only where its values go together with the others' and those of the plain one do not.
 * @param most values of a tensor that are put into another order
 */
export async function* measurePair(
  a: StoredTensor,
  b: StoredTensor,
  most = mostTurned,
): AsyncGenerator<number, Measured> {
  const [as, bs] = [a.values, b.values];
  const problem = problemOf(a, b);
  if (problem !== undefined || typeof as !== 'function' || typeof bs !== 'function') {
    return { notCompared: problem };
  }
  const plain = sameOrder(a.shape, b.shape) ? yield* addAll(as, bs, a.parameters) : undefined;
  if (plain && plain.noise > 0 && isOneOfGguf(a, b, isNorm)) {
    const sums = yield* addAll(oneMoreOf(a, as), oneMoreOf(b, bs), a.parameters);
    if (sums.noise < plain.noise * clearlyLess) return { sums, oneAdded: true };
  }
  const layouts = layoutsBetween(b.shape, a.shape);
  const heads = plain && isOneOfGguf(a, b, isRotated) ? headRowsOf(b.shape) : [];
  if (plain && (layouts.length + heads.length === 0 || goTogether(plain) !== false)) {
    return { sums: plain };
  }
  if (b.parameters > most) {
    const why = plain ? 'In this order its values do not go together' : 'Its shapes differ';
    return {
      notCompared: `${why}, and at most ${formatCount(most)} values are put into another order.`,
    };
  }
  const whole = await bs(0, b.parameters);
  for (const headRows of heads) {
    const turned = interleaveHalves(whole, b.shape, headRows, isGgufName(b.name));
    const sums = yield* addAll(as, valuesOf(turned), a.parameters);
    if (goTogether(sums, clearly)) return { sums, headRows };
  }
  for (const axes of layouts) {
    const turned = turn(whole, b.shape, axes);
    const sums = yield* addAll(as, valuesOf(turned), a.parameters);
    if (goTogether(sums)) return { sums, axes };
  }
  if (plain) return { sums: plain };
  return {
    notCompared: 'Its shapes differ, and in no layout that is known do the values go together.',
  };
}

const valuesOf =
  (values: Float64Array): Values =>
  async (first, count) =>
    values.subarray(first, first + count);

/** Whether one of them has a name of llama.cpp's, and may be changed in a way that the other is not. */
const isOneOfGguf = (
  a: StoredTensor,
  b: StoredTensor,
  isChanged: (name: string) => boolean,
): boolean =>
  [a, b].some(({ name }) => isGgufName(name) && isChanged(name)) &&
  isGgufName(a.name) !== isGgufName(b.name);

/** Values with 1 added, which those of llama.cpp's file may be as they are. */
const oneMoreOf = ({ name }: StoredTensor, values: Values): Values =>
  isGgufName(name)
    ? values
    : async (first, count) => (await values(first, count)).map((value) => Math.fround(value + 1));

function problemOf(a: StoredTensor, b: StoredTensor): string | undefined {
  for (const { values } of [a, b]) if ('problem' in values) return values.problem;
  if (a.integer !== b.integer) {
    const { dtype } = a.integer ? a : b;
    return `One side has integers (${dtype}) and no scale that says what they stand for.`;
  }
  const turnable = layoutsBetween(b.shape, a.shape).length > 0;
  return sameOrder(a.shape, b.shape) || turnable ? undefined : 'Its shapes differ.';
}

async function* addAll(as: Values, bs: Values, count: number): AsyncGenerator<number, Sums> {
  const sums = noSums();
  for (let first = 0; first < count; first += pieceValues) {
    const length = Math.min(pieceValues, count - first);
    addValues(sums, await as(first, length), await bs(first, length));
    yield first + length;
  }
  return sums;
}

/** Share of Σ(a-b)² that is left of a difference of 1 where all differ by that. */
const clearlyLess = 0.01;

/** Correlation: heads of half or twice as many rows leave half of the rows where they belong. */
const clearly = 0.75;

/** Whether values are correlated by more than chance gives to any other order; undefined where that cannot be told. */
function goTogether(sums: Sums, enough = 0.5): boolean | undefined {
  if (sums.unequal === 0) return true;
  const correlation = correlationOf(sums);
  // Chance has a standard deviation of 1/√n.
  const least = Math.min(0.999, Math.max(enough, 4 / Math.sqrt(sums.finite)));
  return correlation === undefined ? undefined : correlation >= least;
}
