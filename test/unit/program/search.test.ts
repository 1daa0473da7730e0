import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { modelFor } from '../../../src/core/program/model/kinds';
import type { ProgramOptions } from '../../../src/core/program/program';
import { searchModel } from '../../../src/core/program/search';
import { finished } from '../../fixtures/finished';

/** Three interleaved sequences of different periods, in each of which a byte follows from the one before it. */
const moduli = [251, 241, 239];
const bytes = new Uint8Array(6000);
for (let i = 3; i < bytes.length; i++) bytes[i] = (bytes[i - 3] * 6 + 7 + (i % 3)) % moduli[i % 3];

async function chosen(effort: ProgramOptions['effort']): Promise<string[]> {
  const full = { ...modelFor({ type: 'bytes' }), contexts: ['c1'], matches: [] };
  const { spec } = await finished(searchModel(full, ['5', 'c3'], bytes, effort));
  return spec.contexts;
}

describe('search', () => {
  it('adds the context that pays, and no other', async () => {
    const contexts = await chosen('balanced');
    assert.ok(contexts.includes('c3'));
    assert.ok(!contexts.includes('5'));
  });

  it('keeps the model of the kind when it is to be fast', async () => {
    assert.deepEqual(await chosen('fast'), ['c1']);
  });
});
