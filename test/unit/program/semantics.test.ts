import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { encodeWith, measure } from '../../../src/core/program/model/evaluate';
import { jsonTracker, tableTracker, type Tracker } from '../../../src/core/program/model/fields';
import { modelFor } from '../../../src/core/program/model/kinds';
import { analyseSemantics } from '../../../src/core/program/semantics';
import { analyseSyntax } from '../../../src/core/program/syntax';
import { createRandom } from '../../../src/core/random';
import { decodeWith } from '../../fixtures/decodeWith';
import { finishedSync } from '../../fixtures/finished';

const latin = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'latin1'));

/** Trips: a start, an end a little later, a fare, a tip and their total; the zone tells the borough. */
function trips(rows: number): {
  start: string;
  end: string;
  fare: number;
  tip: number;
  total: number;
  zone: string;
  borough: string;
}[] {
  const random = createRandom(21);
  const two = (n: number) => String(n).padStart(2, '0');
  return Array.from({ length: rows }, () => {
    const minute = random.integer(1000);
    const end = minute + 5 + random.integer(20);
    const clock = (m: number) =>
      `2019-03-${two(1 + random.integer(1) + (minute % 28))} ${two(Math.floor(m / 60))}:${two(m % 60)}:00`;
    const [fare, tip] = [300 + random.integer(4000), random.integer(900)];
    const zone = random.integer(40);
    return {
      start: clock(minute),
      end: clock(end),
      fare: fare / 100,
      tip: tip / 100,
      total: Math.round(fare + tip + 80) / 100,
      zone: `Zone ${zone * 37}`,
      borough: ['Bronx', 'Queens', 'Manhattan'][zone % 3],
    };
  });
}

const table = (rows: number): Uint8Array =>
  latin(
    [
      'start,end,fare,tip,total,zone,borough',
      ...trips(rows).map((trip) => Object.values(trip).join(',')),
    ].join('\n'),
  );

const sources: { name: string; bytes: Uint8Array; tracker: Tracker }[] = [
  { name: 'a table', bytes: table(110), tracker: tableTracker(44) },
  { name: 'JSON', bytes: latin(JSON.stringify(trips(110))), tracker: jsonTracker },
];

describe('semantics', () => {
  for (const { name, bytes, tracker } of sources) {
    it(`finds the numbers, the clocks, the sum and the key of ${name}`, () => {
      const { numbers, laws } = analyseSemantics(bytes, tracker);
      const sentences = laws.map(({ sentence }) => sentence);
      assert.deepEqual(
        numbers.map(({ clock, places }) => (clock ? 'clock' : places)),
        ['clock', 'clock', 2, 2, 2],
      );
      assert.deepEqual(numbers[4].sum.map(({ column, sign }) => [column, sign]).sort(), [
        [numbers[2].column, 1],
        [numbers[3].column, 1],
      ]);
      assert.ok(
        sentences.includes('Column borough is told best by column zone.'),
        sentences.join(),
      );
      assert.ok(
        sentences.some((text) => /^Column total is (fare plus tip|tip plus fare), up/.test(text)),
      );
    });

    it(`makes ${name} cheaper by what it knows, and decodes it`, () => {
      const syntax = analyseSyntax(bytes);
      const spec = modelFor(syntax, analyseSemantics(bytes, tracker));
      const blind = measure(modelFor(syntax), bytes);
      assert.ok(measure(spec, bytes) < 0.97 * blind);
      const { payload } = finishedSync(encodeWith(spec, bytes));
      assert.deepEqual(decodeWith(spec, payload, bytes.length), bytes);
    });
  }

  it('finds ends of routes that change places under the same length', () => {
    const random = createRandom(9);
    const name = (k: number) => String.fromCharCode(65 + (k % 26), 65 + ((k * 7) % 26), 65 + k);
    const rows = Array.from({ length: 400 }, () => {
      const ends = [random.integer(15), random.integer(15)];
      return `${Math.abs(ends[0] ** 2 * 7 - ends[1] ** 2 * 7) + 10},${ends.map(name).join()}`;
    });
    const bytes = latin(['length,from,to', ...rows, ''].join('\n'));
    const semantics = analyseSemantics(bytes, tableTracker(44));
    assert.deepEqual(semantics.swap, { by: 0, first: 1, second: 2 });
    const cost = (known: typeof semantics) => measure(modelFor(analyseSyntax(bytes), known), bytes);
    assert.ok(cost(semantics) < 0.98 * cost({ ...semantics, swap: undefined }));
  });

  it('says of columns without names which ones they are', () => {
    const random = createRandom(8);
    let sum = 0;
    const rows = Array.from({ length: 200 }, (_, k) => {
      const added = random.integer(10);
      return `${k},${(sum += added) - added},${added}\n`;
    });
    const bytes = latin(rows.join(''));
    const syntax = analyseSyntax(bytes);
    assert.ok(syntax.type === 'table');
    const sentences = analyseSemantics(bytes, tableTracker(44), syntax).laws.map(
      ({ sentence }) => sentence,
    );
    for (const told of [
      'Column 1 is column 1 of the row above, up to a few differences.',
      'Column 2 is column 2 of the row above plus column 3 of the row above, up to a few differences.',
    ])
      assert.ok(sentences.includes(told), sentences.join());
  });

  it('finds a column that numbers tell up to their first decimal', () => {
    const random = createRandom(3);
    const rows = Array.from({ length: 400 }, () => {
      const north = 400000 + random.integer(20000);
      return `${(north / 10000).toFixed(4)},Shire ${(Math.floor(north / 1000) * 37) % 101}`;
    });
    const bytes = latin(['north,county', ...rows, ''].join('\n'));
    const sentences = analyseSemantics(bytes, tableTracker(44)).laws.map(
      ({ sentence }) => sentence,
    );
    const told = 'Column county is told best by column north up to its first decimal.';
    assert.ok(sentences.includes(told), sentences.join());
  });

  it('decodes numbers that echo earlier rows', () => {
    const random = createRandom(6);
    const known = Array.from({ length: 30 }, () => (random.integer(1e9) / 1e9 + 1).toFixed(9));
    const rows = Array.from({ length: 300 }, (_, k) => `${known[(k * 7) % 30]},${k}`);
    const bytes = latin(['x,k', ...rows, ''].join('\n'));
    const semantics = analyseSemantics(bytes, tableTracker(44));
    assert.ok(semantics.echoes && semantics.numbers.length === 2);
    const spec = modelFor(analyseSyntax(bytes), semantics);
    const { payload } = finishedSync(encodeWith(spec, bytes));
    assert.deepEqual(decodeWith(spec, payload, bytes.length), bytes);
  });

  it('decodes numbers that no fit is made for', () => {
    const odd = ['9'.repeat(400), '-'.repeat(9), '0', '-0.5', '1e9', '', '00012', '7.123456789012'];
    const rows = Array.from({ length: 300 }, (_, k) =>
      [
        5,
        k,
        k % 9 ? k * 3 : odd[((k / 9) % 8) | 0],
        `2020-01-01 ${k % 7 ? '10:00' : '1:0:00000'}`,
      ].join(),
    );
    const bytes = latin(['same,count,odd,when', ...rows, ''].join('\n'));
    const spec = modelFor(analyseSyntax(bytes), analyseSemantics(bytes, tableTracker(44)));
    const { payload } = finishedSync(encodeWith(spec, bytes));
    assert.deepEqual(decodeWith(spec, payload, bytes.length), bytes);
  });

  it('tells columns that are products of others from those that are linear in them', () => {
    const random = createRandom(4);
    const rows = Array.from({ length: 300 }, () => {
      const [a, b] = [10 + random.integer(90), 10 + random.integer(90)];
      return `${a},${b},${a * b},${2 * a + 3 * b}`;
    });
    const { numbers } = analyseSemantics(
      latin(['a,b,area,cost', ...rows, ''].join('\n')),
      tableTracker(44),
    );
    assert.deepEqual(
      numbers.slice(2).map(({ fit }) => fit),
      ['product', 'linear'],
    );
  });
});
