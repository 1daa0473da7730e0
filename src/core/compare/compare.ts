/** Holds two model files against each other, tensor by tensor: bytes and types from the headers, errors from the values. */
import { openModelFile } from '../formats/modelFile';
import { bitsPerParameter } from '../formats/summary';
import type { CompareEvent, Comparison, TensorPair, TensorSide, Totals } from './comparison';
import { addSums, differenceOf, noSums, type Sums } from './difference';
import { stackExperts } from './experts';
import { matchByName, type Match } from './match';
import { matchByValues } from './matchValues';
import { measurePair } from './measure';
import { openModel, type OpenedModel, type StoredTensor } from './tensors';

/**
 * Compares the model file `b` with `a`, whose values it is measured against. One pair of tensors is in memory at a time,
 * and of it a piece, unless its values lie in another order; of a packed model (.kolmo) all tensors are.
 * @throws KolmoError naming the file that cannot be read, and why
 */
export async function* compareModels(
  a: string,
  b: string,
): AsyncGenerator<CompareEvent, Comparison> {
  const one = await openModelFile(a);
  try {
    const other = await openModelFile(b);
    try {
      const [first, second] = [await openModel(one.file), await openModel(other.file)];
      const compared = yield* compareTensors(
        stackExperts(first.tensors, second.tensors),
        stackExperts(second.tensors, first.tensors),
      );
      const fileOf = (file: string, bytes: number, { format, summary }: OpenedModel) => {
        const { beside, parameters } = summary;
        return { file, format, bytes, ...(beside && { beside }), parameters };
      };
      return {
        a: fileOf(a, one.file.length, first),
        b: fileOf(b, other.file.length, second),
        ...compared,
      };
    } finally {
      await other.close();
    }
  } finally {
    await one.close();
  }
}

async function* compareTensors(
  as: StoredTensor[],
  bs: StoredTensor[],
): AsyncGenerator<CompareEvent, Omit<Comparison, 'a' | 'b'>> {
  const named = matchByName(as, bs);
  const valued = yield* matchByValues(named.onlyInA, named.onlyInB);
  const places = new Map(as.map((tensor, place) => [tensor, place]));
  const matches = [...named.pairs, ...valued.pairs].sort(
    (one, other) => places.get(one.a)! - places.get(other.a)!,
  );
  const total = matches.reduce((sum, { a }) => sum + a.parameters, 0);
  const pairs: TensorPair[] = [];
  let overall: Sums | undefined;
  let done = 0;
  for (const match of matches) {
    const measuring = measurePair(match.a, match.b);
    let step = await measuring.next();
    for (; !step.done; step = await measuring.next()) {
      yield { type: 'progress', done: done + step.value, total, note: match.a.name };
    }
    done += match.a.parameters;
    const { sums, axes, headRows, oneAdded, notCompared } = step.value;
    pairs.push({
      ...describe(match),
      ...(axes && { axes }),
      ...(headRows && { headRows }),
      ...(oneAdded && { oneAdded }),
      ...(sums && { difference: differenceOf(sums) }),
      ...(notCompared !== undefined && { notCompared }),
    });
    if (sums && !match.a.integer && isWeighable(sums)) overall = addSums(overall ?? noSums(), sums);
  }
  return {
    pairs,
    onlyInA: valued.onlyInA.map(sideOf),
    onlyInB: valued.onlyInB.map(sideOf),
    totals: { ...countPairs(pairs), ...(overall && { overall: differenceOf(overall) }) },
  };
}

/** More than any weight is on average; the largest float32, which stands for “nothing” in masks, is beyond its root. */
const mostSquare = 1e30;

const isWeighable = ({ finite, aa, bb }: Sums): boolean =>
  Math.max(aa, bb) <= mostSquare * Math.max(1, finite);

const describe = ({ a, b, by }: Match<StoredTensor>): TensorPair => ({
  a: sideOf(a),
  b: sideOf(b),
  by,
  sameType: typeOf(a.dtype) === typeOf(b.dtype),
});

/** `F32`, `float32` and `float` are one type, `F8_E4M3` and `float8_e4m3fn` another. */
const typeOf = (dtype: string): string =>
  dtype
    .toLowerCase()
    .replace(/^(float|half|double|f(?=\d))/, (name) =>
      name === 'half' ? 'f16' : name === 'double' ? 'f64' : 'f',
    )
    .replace(/^f$/, 'f32')
    .replace(/^bfloat/, 'bf')
    .replace(/^uint/, 'u')
    .replace(/^int/, 'i')
    .replace(/^boolean$/, 'bool')
    .replaceAll('_', '')
    .replace(/^(f8e4m3|f8e5m2)fn$/, '$1');

const sideOf = ({ name, dtype, shape, parameters, bytes }: StoredTensor): TensorSide => ({
  name,
  dtype,
  shape,
  parameters,
  bytes,
  bitsPerParameter: bitsPerParameter({ bytes, parameters }),
});

function countPairs(pairs: TensorPair[]): Omit<Totals, 'overall'> {
  const totals = {
    identical: 0,
    sameValues: 0,
    different: 0,
    notCompared: 0,
    comparedParameters: 0,
  };
  for (const { a, sameType, difference } of pairs) {
    if (!difference) totals.notCompared++;
    else {
      totals.comparedParameters += a.parameters;
      if (!difference.equal) totals.different++;
      else if (sameType) totals.identical++;
      else totals.sameValues++;
    }
  }
  return totals;
}
