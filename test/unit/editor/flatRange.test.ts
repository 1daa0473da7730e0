import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { flatRange } from '../../../webview/charts/flatRange';

describe('the axis of a line that never moves', () => {
  it('ends a little above what no value exceeds', () =>
    assert.deepEqual(flatRange(1, 1), [0.9, 1.01]));
  it('lies around any other value, and around zero', () => {
    assert.deepEqual(flatRange(-20), [-22, -18]);
    assert.deepEqual(flatRange(0), [-1, 1]);
    const [from, to] = flatRange(0.5, 1);
    assert.ok(from < 0.5 && to > 0.5 && to < 1);
  });
  it('shows what should not be there, too', () => assert.deepEqual(flatRange(2, 1), [1.8, 2.2]));
});
