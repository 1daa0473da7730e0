import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Comparison, Difference, TensorPair } from '../../../src/core/compare/comparison';
import {
  formatDecibels,
  formatError,
  remarksOf,
  shapesOf,
  totalSentences,
  typesOf,
  verdictOf,
  worstFirst,
} from '../../../src/report/difference';

const differs = (sqnr?: number): Difference => ({
  equal: false,
  ...(sqnr !== undefined && { sqnr }),
  relativeError: 0.01,
  largestError: 0.5,
  sparsity: { a: 0, b: 0.25 },
});
const equal: Difference = { equal: true, largestError: 0, sparsity: { a: 0, b: 0 } };

function pair(name: string, dtypes: [string, string], told: Partial<TensorPair>): TensorPair {
  const side = { name, shape: [2, 3], parameters: 6, bytes: 24, bitsPerParameter: 32 };
  const [a, b] = dtypes.map((dtype) => ({ ...side, dtype }));
  return { a, b, by: 'name', sameType: dtypes[0] === dtypes[1], ...told };
}

const pairs = [
  pair('same', ['f32', 'f32'], { difference: equal }),
  pair('wide', ['bf16', 'f32'], { difference: equal, axes: [1, 0] }),
  pair('good', ['f32', 'f16'], { difference: differs(70) }),
  pair('unknown', ['f32', 'i8'], { notCompared: 'No scale.' }),
  pair('bad', ['f32', 'f16'], { difference: differs(-3) }),
  pair('fromZero', ['f32', 'f32'], { difference: differs() }),
];

describe('words for a pair of tensors', () => {
  it('say what was found', () => {
    assert.deepEqual(pairs.map(verdictOf), [
      'identical',
      'same values',
      '70.0 dB',
      'not compared',
      '-3.0 dB',
      'differs',
    ]);
  });

  it('name both types where they differ, and a turned layout', () => {
    assert.deepEqual([typesOf(pairs[0]), typesOf(pairs[1])], ['f32', 'bf16 to f32']);
    assert.deepEqual([shapesOf(pairs[0]), shapesOf(pairs[1])], ['2 x 3', '2 x 3, turned']);
  });

  it('name both shapes where they differ', () => {
    const [a, b] = [pairs[0].a, { ...pairs[0].b, shape: [3, 2] }];
    assert.equal(shapesOf({ ...pairs[0], a, b }), '2 x 3 to 3 x 2');
    assert.equal(shapesOf({ ...pairs[0], a, b, axes: [1, 0] }), '2 x 3 to 3 x 2, turned');
    assert.equal(shapesOf({ ...pairs[0], oneAdded: true }), '2 x 3, 1 added');
  });

  it('remark what is not compared, and what is no finite number any more', () => {
    assert.deepEqual(remarksOf(pairs[3]), ['No scale.']);
    assert.deepEqual(
      [1, 1234].map((notFinite) =>
        remarksOf(pair('w', ['f32', 'f16'], { difference: { ...differs(70), notFinite } })),
      ),
      [
        ['1 value is no finite number on one side.'],
        ['1,234 values are no finite numbers on one side.'],
      ],
    );
    assert.deepEqual(remarksOf(pairs[0]), []);
  });

  it('come with what is no finite number any more before all', () => {
    const broken = pair('broken', ['f32', 'f16'], { difference: { ...differs(90), notFinite: 1 } });
    assert.equal(worstFirst([...pairs, broken])[0], broken);
  });

  it('write decibels that are rounded to zero without a sign', () => {
    assert.deepEqual([-0.04, 0.04, -0.06].map(formatDecibels), ['0.0 dB', '0.0 dB', '-0.1 dB']);
  });

  it('come with the worst first, and what lost nothing last', () => {
    assert.deepEqual(
      worstFirst(pairs).map(({ a }) => a.name),
      ['fromZero', 'bad', 'good', 'unknown', 'same', 'wide'],
    );
  });

  it('write errors of any size in a few signs', () => {
    assert.deepEqual([0, 0.000012345, 0.01234, 12.5, 123_456].map(formatError), [
      '0',
      '1.2e-5',
      '0.0123',
      '12.5',
      '1.2e+5',
    ]);
  });
});

describe('sentences for two files', () => {
  const file = { file: 'a', format: 'onnx' as const, bytes: 1000, parameters: 36 };
  const comparison: Comparison = {
    a: { ...file, beside: { files: 1, bytes: 1000 } },
    b: file,
    pairs,
    onlyInA: [],
    onlyInB: [pairs[0].b],
    totals: {
      identical: 1,
      sameValues: 1,
      different: 3,
      notCompared: 1,
      comparedParameters: 30,
      overall: differs(20),
    },
  };

  it('count bytes in all their files, pairs and what is alone', () => {
    assert.deepEqual(totalSentences(comparison), [
      '2,000 bytes to 1,000 bytes (2.00x).',
      '6 tensors in both: 1 identical, 1 with the same values in another type, 3 with other values, 1 not compared.',
      'All weights together: SQNR 20.0 dB, relative error 0.01, largest difference 0.5, zeros 0.00 % to 25.00 %.',
      '1 tensor only in the second file.',
    ]);
  });

  it('tell values that are no finite numbers', () => {
    const overall: Difference = { equal: false, notFinite: 2, sparsity: { a: 0, b: 0 } };
    const sentences = totalSentences({ ...comparison, totals: { ...comparison.totals, overall } });
    assert.equal(sentences[2], 'All weights together: 2 values are no finite numbers on one side.');
  });

  it('say that nothing is in both', () => {
    const totals = { ...comparison.totals, overall: undefined };
    const sentences = totalSentences({ ...comparison, pairs: [], totals });
    assert.equal(sentences[1], 'No tensor is in both.');
  });
});
