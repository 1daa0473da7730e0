/** The words in which the comparison of two model files is told, in terminals and panels. */
import type { Comparison, Difference, TensorPair } from '../core/compare/comparison';
import { formatCount, plural } from '../core/count';
import { allBytes } from '../core/formats/summary';
import {
  formatBytes,
  formatModelBytes,
  formatPercent,
  formatRatio,
  formatShape,
} from '../runs/units';

/** `38.2 dB`; what is rounded to zero has no sign. */
export const formatDecibels = (decibels: number): string =>
  `${(Number(decibels.toFixed(1)) + 0).toFixed(1)} dB`;

/** `3.1e-4`, `0.0162`: errors span many powers of ten. */
export const formatError = (error: number): string =>
  error === 0
    ? '0'
    : error < 0.001 || error >= 1e5
      ? error.toExponential(1)
      : String(Number(error.toPrecision(3)));

/** What was found of a pair: `identical`, `same values`, `38.2 dB`, `not compared`. */
export function verdictOf({ sameType, difference }: TensorPair): string {
  if (!difference) return 'not compared';
  if (difference.equal) return sameType ? 'identical' : 'same values';
  return difference.sqnr === undefined ? 'differs' : formatDecibels(difference.sqnr);
}

/** Sentences for what the columns of a table do not tell of a pair. */
export const remarksOf = ({ notCompared, difference }: TensorPair): string[] => [
  ...(notCompared === undefined ? [] : [notCompared]),
  ...(difference?.notFinite ? [`${notFiniteWords(difference.notFinite)}.`] : []),
];

const notFiniteWords = (count: number): string =>
  count === 1
    ? '1 value is no finite number on one side'
    : `${formatCount(count)} values are no finite numbers on one side`;

/**
 * The pair with values that became infinite or missing first, then the one that lost most, then those that were not
 * compared, then those that lost nothing; large ones first among equals.
 */
export function worstFirst(pairs: TensorPair[]): TensorPair[] {
  const rank = ({ difference }: TensorPair): number => {
    if (!difference) return Number.MAX_VALUE;
    if (difference.notFinite) return -Infinity;
    return difference.equal ? Infinity : (difference.sqnr ?? -Number.MAX_VALUE);
  };
  return pairs.toSorted((one, other) => {
    const [first, second] = [rank(one), rank(other)];
    return first === second ? other.a.bytes - one.a.bytes : first < second ? -1 : 1;
  });
}

/** `float32 to int8`, or the one type that both have. */
export const typesOf = ({ a, b, sameType }: TensorPair): string =>
  sameType ? a.dtype : `${a.dtype} to ${b.dtype}`;

/** `64 x 128`; `64 x 128 to 128 x 64, turned` of tensors that lie otherwise in the second file, or that llama.cpp added 1 to. */
export function shapesOf({ a, b, axes, headRows, oneAdded }: TensorPair): string {
  const shapes = new Set([formatShape(a.shape), formatShape(b.shape)]);
  const order = axes ? ', turned' : headRows ? `, heads of ${headRows} rows interleaved` : '';
  return `${[...shapes].join(' to ')}${order}${oneAdded ? ', 1 added' : ''}`;
}

/** Sentences for what the table does not hold, the most general first. */
export function totalSentences(comparison: Comparison): string[] {
  const { a, b, pairs, onlyInA, onlyInB, totals } = comparison;
  const [before, after] = [allBytes(a), allBytes(b)];
  const ratio = after > 0 ? ` (${formatRatio(before / after)})` : '';
  const { identical, sameValues, different, notCompared } = totals;
  const counts = [
    [identical, 'identical'],
    [sameValues, 'with the same values in another type'],
    [different, 'with other values'],
    [notCompared, 'not compared'],
  ] as const;
  const told = counts.flatMap(([count, words]) =>
    count > 0 ? [`${formatCount(count)} ${words}`] : [],
  );
  const alone = [
    ...(onlyInA.length > 0 ? [`${plural(onlyInA.length, 'tensor')} only in the first file`] : []),
    ...(onlyInB.length > 0 ? [`${plural(onlyInB.length, 'tensor')} only in the second file`] : []),
  ];
  return [
    `${formatBytes(before)} to ${formatBytes(after)}${ratio}.`,
    pairs.length === 0
      ? 'No tensor is in both.'
      : `${plural(pairs.length, 'tensor')} in both: ${told.join(', ')}.`,
    ...(totals.overall && !totals.overall.equal
      ? [`All weights together: ${overallWords(totals.overall)}.`]
      : []),
    ...(alone.length > 0 ? [`${alone.join(', ')}.`] : []),
  ];
}

function overallWords(overall: Difference): string {
  const { sqnr, relativeError, largestError, sparsity, notFinite } = overall;
  return [
    ...(sqnr === undefined ? [] : [`SQNR ${formatDecibels(sqnr)}`]),
    ...(relativeError === undefined ? [] : [`relative error ${formatError(relativeError)}`]),
    ...(largestError === undefined ? [] : [`largest difference ${formatError(largestError)}`]),
    ...(notFinite ? [notFiniteWords(notFinite)] : []),
    ...(sparsity.a + sparsity.b > 0
      ? [`zeros ${[...new Set([sparsity.a, sparsity.b].map(formatPercent))].join(' to ')}`]
      : []),
  ].join(', ');
}

/** `safetensors, 1,404,856 bytes, 351,066 parameters` */
export const factWords = (model: Comparison['a']): string =>
  `${model.format}, ${formatModelBytes(model)}, ${formatCount(model.parameters)} parameters`;
