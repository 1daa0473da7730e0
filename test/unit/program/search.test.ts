import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { joinBytes } from '../../../src/core/join';
import { createRandom } from '../../../src/core/random';
import { analyse } from '../../../src/core/program/analyse';
import { decoderOf } from '../../../src/core/program/model/evaluate';
import { modelFor } from '../../../src/core/program/model/kinds';
import type { ProgramOptions } from '../../../src/core/program/contract';
import { sampleSizes, searchModel, searchWork } from '../../../src/core/program/search/search';
import { finished } from '../../fixtures/finished';

/** Three interleaved sequences of different periods, in each of which a byte follows from the one before it. */
const moduli = [251, 241, 239];
const bytes = new Uint8Array(6000);
for (let i = 3; i < bytes.length; i++) bytes[i] = (bytes[i - 3] * 6 + 7 + (i % 3)) % moduli[i % 3];

const table = Uint8Array.from(
  Buffer.from(`a,b\n${Array.from({ length: 300 }, (_, i) => `${i},${(i * 7) % 90}`).join('\n')}\n`),
);

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

  it('says what each family saves that it keeps, and nothing of one that goes', async () => {
    const random = createRandom(3);
    const noise = Uint8Array.from({ length: 8000 }, () => 32 + random.integer(90));
    const full = { ...modelFor({ type: 'text' }), contexts: ['0', 'mix(match[3],c1)'] };
    const found = async (data: Uint8Array) =>
      (await finished(searchModel(full, [], data, 'balanced'))).found;
    const half = noise.subarray(0, 4000);
    const [recurring] = await found(joinBytes([half, half]));
    assert.equal(recurring.sentence, 'Longer passages recur.');
    // One of 90 bytes each, which the second half need not say again.
    const saved = (half.length * Math.log2(90)) / 8;
    assert.ok(Math.abs(recurring.savedBytes / saved - 1) < 0.1, `${recurring.savedBytes}`);
    assert.ok(Number.isInteger(recurring.savedBytes));
    assert.deepEqual(await found(noise), []);
  });

  it('never leaves out the last context', async () => {
    const random = createRandom(3);
    const noise = Uint8Array.from({ length: 3000 }, () => random.integer(256));
    const full = { ...modelFor({ type: 'bytes' }), contexts: ['c1', 'c2'], matches: [] };
    const { spec } = await finished(searchModel(full, [], noise, 'balanced'));
    assert.equal(spec.contexts.length, 1);
  });

  it('leaves the model as it is where there are no bytes', async () => {
    const full = modelFor({ type: 'bytes' });
    const searching = searchModel(full, ['c3'], new Uint8Array(), 'max');
    assert.deepEqual(await finished(searching), { spec: full, found: [] });
  });

  it('drops with an opinion what makes up for its time', async () => {
    const random = createRandom(3);
    const noise = Uint8Array.from({ length: 3000 }, () => random.integer(256));
    const quiet = { when: '0', expected: '0', contexts: ['c1', 'c1', 'c1', 'c1'] };
    const opinion = '0;';
    const full = { ...modelFor({ type: 'bytes' }), contexts: ['c1'], quiet, opinion };
    const { spec } = await finished(searchModel(full, [], noise, 'balanced'));
    assert.deepEqual([spec.opinion, spec.quiet], [undefined, undefined]);
  });

  it('affords fewer contexts of what restates a shorter file', async () => {
    // Ten sequences in turns, each of which a context of its own follows.
    const turns = new Uint8Array(5000);
    for (let i = 10; i < turns.length; i++) turns[i] = (turns[i - 10] * 6 + 7 + (i % 10)) % 251;
    const names = Array.from({ length: 10 }, (_, k) => `i%10===${k}?data[i-10]+1:0`);
    const full = { ...modelFor({ type: 'bytes' }), contexts: names, matches: [] };
    const count = async (size: number) =>
      (await finished(searchModel(full, [], turns, 'balanced', { size }))).spec.contexts.length;
    const [own, shorter] = [await count(turns.length), await count(turns.length / 40)];
    assert.deepEqual([own, shorter], [10, 8]);
  });

  it('tells how far it is, and is done within what it was said to take', async () => {
    const random = createRandom(3);
    const noise = Uint8Array.from({ length: 2000 }, () => random.integer(256));
    const full = { ...modelFor({ type: 'bytes' }), contexts: ['c1', 'c2', 'c3'] };
    const told: number[] = [];
    const searching = searchModel(full, ['5'], noise, 'balanced');
    const work = searchWork(full, ['5'], noise, 'balanced');
    for (let step = await searching.next(); !step.done; step = await searching.next()) {
      if (step.value.type !== 'progress') continue;
      assert.equal(step.value.total, work);
      assert.equal(step.value.done % noise.length, 0);
      told.push(step.value.done);
    }
    assert.deepEqual(
      told,
      told.toSorted((a, b) => a - b),
    );
    assert.ok(told[0] === 0 && told.at(-1)! < work, `${told.join()} of ${work}`);
    // The one that is added, five families, two kinds that share, and each part of the model twice.
    const parts = full.contexts.length + full.selectors.length + full.matches.length;
    assert.equal(work, (1 + 5 + 2 + 2 * parts) * noise.length);
  });

  it('takes no time of what is to be fast and has no columns', () => {
    const full = modelFor({ type: 'bytes' });
    assert.equal(searchWork(full, ['5'], bytes, 'fast'), 0);
    const { full: ofTable, semantics } = analyse(table);
    const trials = 5 + ofTable.contexts.length;
    assert.equal(searchWork(ofTable, [], table, 'fast', semantics), trials * table.length);
    const long = new Uint8Array(1_000_000);
    assert.equal(searchWork(ofTable, [], long, 'fast', semantics), trials * sampleSizes.fast);
  });

  it('leaves out of a table what does not pay, though it is to be fast', async () => {
    const { full, semantics } = analyse(table);
    const thinned = await finished(searchModel(full, ['5'], table, 'fast', { semantics }));
    const { contexts } = thinned.spec;
    assert.ok(contexts.length > 0 && contexts.length < full.contexts.length);
    assert.ok(!contexts.includes('5'));
  });
});
