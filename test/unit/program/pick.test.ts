import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { joinBytes } from '../../../src/core/join';
import { analyse } from '../../../src/core/program/analyse';
import type { ProgramEvent } from '../../../src/core/program/contract';
import type { ModelSpec } from '../../../src/core/program/model/engine';
import { modelFor } from '../../../src/core/program/model/kinds';
import { expectedCandidates, findCandidates } from '../../../src/core/program/search/candidates';
import {
  opinionPays,
  pickModel,
  roomFor,
  withoutOpinion,
} from '../../../src/core/program/search/pick';
import { isForeseen, recurs } from '../../../src/core/program/search/recurrence';
import { createRandom } from '../../../src/core/random';
import { finished } from '../../fixtures/finished';
import { wovenPicture } from '../../fixtures/media';

const random = createRandom(6);

/** Each byte follows from the one three before it, one in four from nothing. */
const bytes = new Uint8Array(6000);
for (let i = 3; i < bytes.length; i++)
  bytes[i] = i % 4 ? (bytes[i - 3] * 6 + 7) % 251 : random.integer(250);

const noise = Uint8Array.from({ length: 8000 }, () => 32 + random.integer(90));
const passage = noise.subarray(0, 4000);
const twice = joinBytes([passage, passage]);

const picked = async (
  full: ModelSpec,
  data: Uint8Array,
  { room = 2, hasRepeats = false } = {},
): Promise<ModelSpec> => (await finished(pickModel(full, [], data, { room, hasRepeats }))).spec;

describe('picking contexts', () => {
  const full = { ...modelFor({ type: 'bytes' }), contexts: ['5', 'c1', 'c3', 'c4'] };

  it('takes the one that saves most first, and no more than there is room for', async () => {
    assert.deepEqual((await picked(full, bytes, { room: 1 })).contexts, ['c3']);
    const { contexts, selectors } = await picked(full, bytes);
    assert.equal(contexts[0], 'c3');
    assert.ok(contexts.length <= 2);
    assert.equal(selectors.length, 1);
  });

  it('keeps one context where none saves anything', async () => {
    assert.equal((await picked(full, noise)).contexts.length, 1);
  });

  it('keeps the weight set that tells more', async () => {
    const selectors = [
      { expression: '0', size: 1 },
      { expression: 'i & 3', size: 4 },
    ];
    const { selectors: kept } = await picked({ ...full, selectors }, bytes);
    assert.deepEqual(kept, [selectors[1]]);
  });

  it('follows repeats only where they are many and long, and asks for none elsewhere', async () => {
    const text = modelFor({ type: 'text' });
    const follows = await picked(text, twice, { hasRepeats: true });
    const asks = ({ contexts, selectors }: ModelSpec): boolean =>
      [...contexts, ...selectors.map(({ expression }) => expression)].join().includes('match');
    assert.equal(follows.matches.length, 1);
    for (const never of [
      await picked(text, noise, { hasRepeats: true }),
      await picked(text, twice),
    ]) {
      assert.deepEqual(never.matches, []);
      assert.ok(!asks(never));
    }
  });
});

describe('long repeats', () => {
  it('are found where they begin anywhere, and are not where what recurs is short', () => {
    const short = joinBytes(
      Array.from({ length: 400 }, () => {
        const at = random.integer(50) * 8;
        return noise.subarray(at, at + 8);
      }),
    );
    assert.ok(recurs(twice));
    assert.ok(recurs(joinBytes([passage, Uint8Array.of(1, 2, 3), passage])));
    assert.ok(!recurs(short));
    assert.ok(!recurs(noise));
    assert.ok(!recurs(new Uint8Array(0)));
  });
});

describe('foreseen bytes', () => {
  const rows = (word: () => string): Uint8Array =>
    Uint8Array.from(Buffer.from(Array.from({ length: 400 }, () => `${word()},measured;`).join('')));

  it('are many where most of a row is always the same, and few where nothing is', () => {
    assert.ok(isForeseen(rows(() => String(random.integer(9)))));
    assert.ok(
      !isForeseen(rows(() => Array.from({ length: 60 }, () => random.integer(9)).join(''))),
    );
    assert.ok(!isForeseen(noise));
  });
});

describe('opinions in a hurry', () => {
  /** As long as a table has to be for its opinions to be weighed. */
  const rows = (row: () => (number | string)[]): Uint8Array => {
    let text = '';
    while (text.length < 1 << 16) text += `${row().join()}\n`;
    return Uint8Array.from(Buffer.from(text));
  };
  const pays = (bytes: Uint8Array): Promise<boolean> => {
    const { full } = analyse(bytes);
    assert.ok(full.opinion);
    return finished(opinionPays(full, bytes));
  };

  const word = (): string =>
    Array.from({ length: 12 }, () => random.integer(26) + 10)
      .map((d) => d.toString(36))
      .join('');
  const sums = rows(() => {
    const [a, b] = [random.integer(9000), random.integer(9000)];
    return [a, b, a + b];
  });
  const words = rows(() => [word(), word(), 1000 + random.integer(5), word()]);

  it('pay where numbers follow from others, and are left out where they hardly tell more than contexts', async () => {
    assert.ok(await pays(sums));
    assert.ok(!(await pays(words)));
    const left = withoutOpinion(analyse(words).full);
    assert.equal(left.opinion, undefined);
    assert.ok(!left.contexts.some((context) => /near|likeliest/.test(context)));
  });

  for (const [what, table, note] of [
    ['stay', sums, 'Leaving out contexts'],
    ['are left out', words, 'Adding contexts'],
  ] as const) {
    it(`are weighed in the progress of the search, which ends near the whole where they ${what}`, async () => {
      const analysis = analyse(table);
      const { work } = expectedCandidates(table, analysis, 'fast');
      const searching = findCandidates(table, analysis, { effort: 'fast', seed: 0 });
      const told: Extract<ProgramEvent, { type: 'progress' }>[] = [];
      for await (const event of searching) {
        // While a trial is waited for it is told again and again.
        if (event.type === 'progress' && event.done !== told.at(-1)?.done) told.push(event);
      }
      const shares = told.map(({ done, total }) => done / total);
      assert.ok(told.every(({ total }) => total === work));
      assert.deepEqual(
        shares,
        shares.toSorted((a, b) => a - b),
      );
      const weighing = 'Weighing what numbers tell';
      assert.deepEqual(
        told.slice(0, 3).map(({ done, note }) => [done, note]),
        [
          [0, weighing],
          [table.length, weighing],
          [2 * table.length, note],
        ],
      );
      assert.equal(told.at(-1)!.note, note);
      assert.ok(shares.at(-1)! > 0.85 && shares.at(-1)! < 1, String(shares.at(-1)));
      // It stands at its end no longer than at any other share of it.
      const late = shares.filter((share) => share > 0.9).length / shares.length;
      assert.ok(late < 0.25, String(late));
    });
  }

  it('decides around what is expected in photographs, and by bits in drawings', async () => {
    const drawing = Uint8Array.from([
      ...Buffer.from('P6 90 80 255\n'),
      ...Array.from(
        { length: 90 * 80 * 3 },
        (_, i) => ((i / 18) ^ (i / 1350)) & 1 && 255 - (i % 3),
      ),
    ]);
    const isAround = async (bytes: Uint8Array): Promise<boolean> => {
      const searching = findCandidates(bytes, analyse(bytes), { effort: 'fast', seed: 0 });
      const [model] = (await finished(searching)).models;
      return model.expected?.isAround ?? false;
    };
    assert.ok(await isAround(wovenPicture(96, 64)));
    assert.ok(!(await isAround(drawing)));
  });

  it('has time for fewer contexts in a long text that does not recur', () => {
    const long = Uint8Array.from({ length: 1 << 18 }, () => 32 + random.integer(90));
    const recurring = joinBytes([long, long]);
    const rooms = [long.subarray(1), long, recurring].map((text) =>
      roomFor({ type: 'text' }, text)!,
    );
    assert.deepEqual(
      rooms.map((room) => room - rooms[1]),
      [1, 0, 1],
    );
    assert.equal(roomFor({ type: 'log' }, long), undefined);
  });
});
