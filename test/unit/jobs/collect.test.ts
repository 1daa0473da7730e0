import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { changeOf } from '../../../src/jobs/collect';

describe('changeOf', () => {
  const file = (path: string, sha256 = 'a') => ({ path, bytes: 1, sha256 });
  const rows: [before: string[], now: string[], change: string | undefined][] = [
    [['x:1', 'y:2'], ['x:1', 'y:2'], undefined],
    [['x:1', 'y:2'], ['x:1', 'y:3'], 'y has changed'],
    [['x:1'], ['x:1', 'y:2'], 'y has come'],
    [['x:1', 'y:2'], ['x:1'], 'y has gone'],
    [[], ['x:1'], 'x has come'],
    // A dataset may lie elsewhere now.
    [['x:1'], ['z:1'], undefined],
  ];
  for (const [before, now, change] of rows) {
    it(`says of ${before.join(' ')} and ${now.join(' ')}: ${change}`, () => {
      const files = (names: string[]) =>
        names.map((name) => file(...(name.split(':') as [string, string])));
      assert.equal(changeOf(files(before), files(now)), change);
    });
  }

  it('takes a run that recorded no files for one of other data', () =>
    assert.equal(changeOf(undefined, [file('x')]), 'x has come'));
});
