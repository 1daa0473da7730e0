import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { describe, it } from 'node:test';
import '../../../src/core/data/collect';

describe('collect', () => {
  it('loads no native library before a table is read', () => {
    const loaded = Object.keys(createRequire(import.meta.url).cache);
    assert.deepEqual(
      loaded.filter((path) => path.endsWith('.node')),
      [],
    );
  });
});
