import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { analyse } from '../../../src/core/program/analyse';
import { findCandidates } from '../../../src/core/program/search/candidates';
import { measureLaws } from '../../../src/core/program/search/laws';
import type { ProgramOptions } from '../../../src/core/program/contract';
import { createRandom } from '../../../src/core/random';
import { finished } from '../../fixtures/finished';

const random = createRandom(5);
const code = Array.from({ length: 64 }, () => String.fromCharCode(97 + random.integer(26)));
const rows = Array.from({ length: 2000 }, () => {
  const [id, x, y] = [random.integer(64), 300 + random.integer(4000), random.integer(900)];
  return [
    `n${id}`,
    random.integer(7),
    random.integer(7),
    code[id],
    x / 100,
    y / 100,
    (x + y + [80, 330, 117][random.integer(3)]) / 100,
  ].join();
});
const table = Uint8Array.from(Buffer.from(`name,one,other,kind,x,y,sum\n${rows.join('\n')}\n`));
const lawsOf = async (effort: ProgramOptions['effort']) =>
  (await finished(findCandidates(table, analyse(table), { effort, seed: 1 }))).laws;
const told = 'Column kind is told best by column name.';
const sum = /^Column sum is (x plus y|y plus x), up to/;

describe('laws of columns', () => {
  it('save about what their column would cost otherwise', async () => {
    const laws = await lawsOf('balanced');
    const saved = (pattern: RegExp): number =>
      laws.find(({ sentence }) => pattern.test(sentence))?.savedBytes ?? 0;
    // One of 26 letters, and one of three differences instead of one number of 250.
    const [letters, sums] = [(rows.length * 4.7) / 8, (rows.length * Math.log2(250 / 3)) / 8];
    assert.ok(Math.abs(saved(new RegExp(told)) / letters - 0.9) < 0.2, JSON.stringify(laws));
    assert.ok(saved(sum) > sums / 2 && saved(sum) < sums, JSON.stringify(laws));
  });

  it('save nothing where the model knows the same without them', async () => {
    const { full, semantics } = analyse(table);
    const { laws } = semantics!;
    assert.ok(laws.length > 0);
    const found = await finished(measureLaws(laws, table, 'balanced', () => full));
    assert.deepEqual(
      found,
      laws.map(({ sentence }) => ({ sentence, savedBytes: 0 })),
    );
  });

  it('are not measured where there is no time for it', async () => {
    const laws = await lawsOf('fast');
    assert.ok(laws.some(({ sentence, savedBytes }) => sentence === told && savedBytes === 0));
  });
});
