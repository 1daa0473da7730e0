/** `kolmo diff A B` */
import { resolve } from 'node:path';
import type { Comparison, TensorPair } from '../core/compare/comparison';
import { formatCount } from '../core/count';
import {
  factWords,
  formatError,
  remarksOf,
  shapesOf,
  totalSentences,
  typesOf,
  verdictOf,
  worstFirst,
} from '../report/difference';
import { formatPercent, formatShape } from '../runs/units';
import type { Command } from './command';
import { runJob } from './runJob';
import { textTable } from './table';

export const diff: Command = {
  usage: 'diff A B',
  summary:
    'Holds a model file against another one, tensor by tensor: bytes, types, and how far the values of B, quantized or not, lie from those of A. The worst first.',
  operands: ['A', 'B'],
  flags: {},
  run: ({ operands: [a, b], ...parsed }) =>
    runJob({ type: 'diff', a: resolve(a), b: resolve(b) }, parsed),
  print: (result) => textOf(result as Comparison),
};

function textOf(comparison: Comparison): string {
  const { a, b, pairs, onlyInA, onlyInB } = comparison;
  return [
    `A ${a.file}: ${factWords(a)}\nB ${b.file}: ${factWords(b)}\n`,
    ...(pairs.length > 0 ? [pairTable(pairs)] : []),
    ...pairs.flatMap((pair) => remarksOf(pair).map((remark) => `${pair.a.name}: ${remark}\n`)),
    ...onlyInA.map((side) => `Only in A: ${sideWords(side)}\n`),
    ...onlyInB.map((side) => `Only in B: ${sideWords(side)}\n`),
    ...totalSentences(comparison).map((sentence) => `${sentence}\n`),
  ].join('');
}

const pairTable = (pairs: TensorPair[]): string =>
  textTable(
    [
      'tensor',
      'type',
      'shape',
      'bytes A',
      'bytes B',
      'bits A',
      'bits B',
      'SQNR',
      'rel. error',
      'largest',
      'zeros A',
      'zeros B',
    ],
    worstFirst(pairs).map((pair) => {
      const { a, b, difference } = pair;
      const changed = difference && !difference.equal;
      const errorText = (error?: number): string =>
        changed && error !== undefined ? formatError(error) : '';
      return [
        a.name === b.name ? a.name : `${a.name} = ${b.name}`,
        typesOf(pair),
        shapesOf(pair),
        formatCount(a.bytes),
        formatCount(b.bytes),
        a.bitsPerParameter.toFixed(2),
        b.bitsPerParameter.toFixed(2),
        verdictOf(pair),
        errorText(difference?.relativeError),
        errorText(difference?.largestError),
        difference ? formatPercent(difference.sparsity.a) : '',
        difference ? formatPercent(difference.sparsity.b) : '',
      ];
    }),
  );

const sideWords = ({ name, dtype, shape, bytes }: TensorPair['a']): string =>
  `${name}, ${dtype}, ${formatShape(shape)}, ${formatCount(bytes)} bytes`;
