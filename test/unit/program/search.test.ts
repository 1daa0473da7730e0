import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { joinBytes } from '../../../src/core/join';
import { createRandom } from '../../../src/core/random';
import { decoderOf } from '../../../src/core/program/model/evaluate';
import { modelFor } from '../../../src/core/program/model/kinds';
import type { ProgramOptions } from '../../../src/core/program/contract';
import { searchModel } from '../../../src/core/program/search/search';
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

  it('leaves out repeats of what never recurs, and with them their part of the decoder', async () => {
    const random = createRandom(3);
    const noise = Uint8Array.from({ length: 8000 }, () => 32 + random.integer(90));
    const passage = noise.subarray(0, 4000);
    const full = { ...modelFor({ type: 'text' }), contexts: ['0', 'mix(match[3],c1)'] };
    const spec = async (data: Uint8Array) =>
      (await finished(searchModel(full, [], data, 'balanced'))).spec;
    const alone = await spec(noise);
    const twice = await spec(joinBytes([passage, passage]));
    assert.deepEqual(alone.matches, []);
    assert.ok(!alone.contexts.some((context) => context.includes('match')));
    assert.ok(twice.matches.length > 0);
    assert.ok(decoderOf(alone).length < decoderOf(twice).length);
  });

  it('keeps what only later records follow, since its sample of records is from all over', async () => {
    const random = createRandom(4);
    const columns = new Uint8Array(300_000).map((_, i) => (i < 150_000 ? random.integer(250) : 1));
    for (let i = 150_000; i < columns.length; i++) columns[i] = (columns[i - 4] * 6 + 7) % 251;
    const up = 'place<<8|up';
    const full = {
      ...modelFor({ type: 'records', stride: 4, header: 0 }),
      contexts: ['place', up],
    };
    const contexts = async (stride?: number) =>
      (await finished(searchModel(full, [], columns, 'balanced', { stride }))).spec.contexts;
    assert.ok(!(await contexts()).includes(up));
    assert.ok((await contexts(4)).includes(up));
  });

  it('keeps the model of the kind when it is to be fast', async () => {
    assert.deepEqual(await chosen('fast'), ['c1']);
  });
});
