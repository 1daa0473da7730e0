import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { layoutsBetween, turn } from '../../../src/core/compare/layouts';
import { matchByName } from '../../../src/core/compare/match';

const named = (names: string[], shape = [2, 3]) => names.map((name) => ({ name, shape }));

function matched(as: string[], bs: string[]) {
  const { pairs, onlyInA, onlyInB } = matchByName(named(as), named(bs));
  return {
    pairs: pairs.map(({ a, b }) => `${a.name} = ${b.name}`),
    alone: [...onlyInA, ...onlyInB].map(({ name }) => name),
  };
}

describe('names', () => {
  it('are matched where one file has a prefix more', () => {
    assert.deepEqual(matched(['module.fc.weight', 'module.fc.bias'], ['fc.weight', 'fc.bias']), {
      pairs: ['module.fc.weight = fc.weight', 'module.fc.bias = fc.bias'],
      alone: [],
    });
    assert.deepEqual(matched(['fc.weight'], ['model.encoder.fc.weight']).alone, []);
  });

  it('are not matched where two prefixes are as likely', () => {
    assert.deepEqual(matched(['one.weight', 'two.weight'], ['weight']).pairs, []);
  });

  it('are not matched where only their ends are alike', () => {
    assert.deepEqual(matched(['conv.weight'], ['dense.weight']).pairs, []);
  });

  it('are matched by the prefix that fits most, and the others stay alone', () => {
    assert.deepEqual(matched(['m.a.w', 'm.b.w', 'n.a.w'], ['a.w', 'b.w']), {
      pairs: ['m.a.w = a.w', 'm.b.w = b.w'],
      alone: ['n.a.w'],
    });
  });

  it('of TensorFlow lose the number of their output', () => {
    assert.deepEqual(matched(['dense/kernel:0'], ['dense/kernel']).alone, []);
  });

  it('that are alike are not matched where shapes are not', () => {
    const { pairs } = matchByName(named(['module.w'], [2, 3]), named(['w'], [4]));
    assert.deepEqual(pairs, []);
  });

  it('are matched by a prefix though many others come before it', () => {
    const rare = Array.from({ length: 100 }, (_, i) => `x${i}.w`);
    assert.deepEqual(matched([...rare, 'module.a', 'module.b'], ['a', 'b']).pairs, [
      'module.a = a',
      'module.b = b',
    ]);
  });

  it('that are there twice are matched where shapes fit before all others', () => {
    const as = [...named(['w'], [2]), ...named(['w'], [3])];
    const bs = [...named(['w'], [3]), ...named(['w'], [5])];
    const shapes = matchByName(as, bs).pairs.map(({ a, b }) => [a.shape, b.shape]);
    assert.deepEqual(shapes, [
      [[3], [3]],
      [[2], [5]],
    ]);
  });

  it('that are there twice are matched in order', () => {
    assert.deepEqual(matched(['w', 'w'], ['w', 'w', 'w']).alone, ['w']);
  });
});

describe('layouts', () => {
  it('are those of frameworks, of the shapes at hand', () => {
    assert.deepEqual(layoutsBetween([3, 4], [4, 3]), [[1, 0]]);
    assert.deepEqual(layoutsBetween([5, 3, 2, 8], [8, 2, 5, 3]), [[3, 2, 0, 1]]);
    assert.deepEqual(layoutsBetween([3, 4], [2, 6]), []);
    // Depthwise weights of Keras and of PyTorch.
    assert.deepEqual(layoutsBetween([5, 3, 8, 1], [8, 1, 5, 3]), [[2, 3, 0, 1]]);
  });

  it('are none where values stay in their order', () => {
    assert.deepEqual(layoutsBetween([1, 4], [4, 1]), []);
  });

  it('are turned as numpy.transpose does', () => {
    const values = Float64Array.from({ length: 24 }, (_, i) => i);
    assert.deepEqual(
      Array.from(turn(values, [2, 3, 4], [2, 0, 1])),
      [0, 4, 8, 12, 16, 20, 1, 5, 9, 13, 17, 21, 2, 6, 10, 14, 18, 22, 3, 7, 11, 15, 19, 23],
    );
  });
});
