import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { analyse } from '../../../src/core/program/analyse';
import { quickest } from '../../../src/core/program/attempts';
import type { ProgramEvent, ProgramOptions } from '../../../src/core/program/contract';
import { usualTable } from '../../../src/core/program/model/engine';
import {
  chosenFor,
  expectedCandidates,
  findCandidates,
} from '../../../src/core/program/search/candidates';
import { learners, learnerWork } from '../../../src/core/program/search/learner';
import { createRandom } from '../../../src/core/random';
import { idxBytes } from '../../fixtures/syntheticIdx';

const efforts = ['fast', 'balanced', 'max'] as const;
const random = createRandom(2);
const noise = Uint8Array.from({ length: 600 }, () => random.integer(256));
const table = Uint8Array.from(
  Buffer.from(`a,b\n${Array.from({ length: 90 }, (_, i) => `${i},${(i * 7) % 90}`).join('\n')}\n`),
);

/** What a search of a file tells, and what it finds. */
async function searched(bytes: Uint8Array, effort: ProgramOptions['effort']) {
  const told: Extract<ProgramEvent, { type: 'progress' }>[] = [];
  const searching = findCandidates(bytes, analyse(bytes), { effort, seed: 1 });
  for (;;) {
    const step = await searching.next();
    if (step.done) return { told, ...step.value };
    if (step.value.type === 'progress') told.push(step.value);
  }
}

describe('candidates', () => {
  for (const [effort, largest] of [
    ['fast', usualTable / 2],
    ['balanced', usualTable],
    // Twice the usual one, if a program of that were not too large for 160 MB.
    ['max', 56 << 20],
  ] as const) {
    it(`have a table of at most ${largest} bytes with effort ${effort}`, async () => {
      const { models } = await searched(noise, effort);
      assert.deepEqual(
        models.map(({ largestTable }) => largestTable),
        [largest],
      );
    });
  }

  it('tell how far they are in the work that was expected, never going back', async () => {
    for (const effort of efforts) {
      const { told, models } = await searched(table, effort);
      const expected = expectedCandidates(table, analyse(table), effort);
      assert.equal(models.length, expected.models);
      assert.ok(told.length > 0);
      let before = 0;
      for (const { done, total } of told) {
        assert.equal(total, expected.work);
        assert.ok(done >= before && done <= total, `${done} of ${total} after ${before}`);
        before = done;
      }
      assert.ok(before > 0.7 * expected.work, `${before} of ${expected.work}`);
    }
  });

  it('are two where a file of images is long enough to teach a network', () => {
    const images = (count: number): Uint8Array =>
      idxBytes([count, 16, 16], new Uint8Array(count * 256).fill(7));
    const models = (bytes: Uint8Array, effort: ProgramOptions['effort']): number =>
      expectedCandidates(bytes, analyse(bytes), effort).models;
    // 262,144 bytes with the header of 16.
    const [long, short] = [images(1024), images(1023)];
    assert.deepEqual(
      efforts.map((effort) => models(long, effort)),
      [1, 2, 2],
    );
    assert.deepEqual(
      efforts.map((effort) => models(short, effort)),
      [1, 1, 1],
    );
    assert.equal(models(new Uint8Array(1 << 18).fill(65), 'max'), 1);
    const work = (bytes: Uint8Array): number =>
      expectedCandidates(bytes, analyse(bytes), 'balanced').work;
    assert.ok(work(long) - work(short) > 0.9 * learnerWork(learners.balanced!, long));
  });
});

describe('the model of another text of the same file', () => {
  const seen = analyse(table);
  const { full } = seen;
  const [first, second, ...others] = full.contexts;

  it('leaves out what the search has left out, and takes what it has added', () => {
    const chosen = { ...full, contexts: [first, ...others, '5'], largestTable: 99 };
    const other = {
      ...seen,
      full: { ...full, contexts: [...full.contexts, 'c1+9'] },
    };
    const { contexts, largestTable } = chosenFor(other, seen, chosen);
    assert.ok(!contexts.includes(second));
    // What the searched text never had stays, since nobody has tried it.
    assert.deepEqual(contexts, [first, ...others, 'c1+9', '5']);
    assert.equal(largestTable, 99);
  });

  it('has the weight sets, repeats and opinion that were kept', () => {
    const [set, ...sets] = full.selectors;
    const chosen = { ...full, selectors: sets, matches: full.matches.slice(1), opinion: undefined };
    const model = chosenFor({ ...seen, full: { ...full, opinion: 'its own' } }, seen, chosen);
    assert.deepEqual(model.selectors, sets);
    assert.ok(set && !model.selectors.includes(set));
    assert.deepEqual(model.matches, full.matches.slice(1));
    assert.equal(model.opinion, undefined);
    const along = chosenFor({ ...seen, full: { ...full, opinion: 'its own' } }, seen, full);
    assert.equal(along.opinion, 'its own');
  });
});

describe('the work of a network', () => {
  it('is that of its epochs, both ways, over as many examples as there are at most', () => {
    const data = new Uint8Array(1000);
    assert.equal(learners.fast, undefined);
    assert.equal(learnerWork({ epochs: 3, examples: 100 }, data), 2 * 3 * 100 * 2);
    assert.equal(learnerWork({ epochs: 3, examples: 5000 }, data), 2 * 3 * 1000 * 2);
    assert.ok(learnerWork(learners.max!, data) > learnerWork(learners.balanced!, data));
  });
});

it('a program with a tree of its own is preferred where it is hardly longer, but for effort max', () => {
  assert.equal(quickest([10_000, 10_020], 'balanced'), 1);
  assert.equal(quickest([10_000, 10_031], 'balanced'), 0);
  assert.equal(quickest([10_000, 10_001], 'max'), 0);
  assert.equal(quickest([10_000, 9_999], 'max'), 1);
  assert.equal(quickest([10_000], 'fast'), 0);
});
