import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createRandom } from '../../../src/core/random';
import { jsonTree } from '../../../src/core/program/restate/jsonTree';
import { restatedView } from '../../../src/core/program/restate/restated';
import { clockSteps } from '../../../src/core/program/restate/steps';
import { restored } from '../../fixtures/restored';

const bytesOf = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text));
const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString();
const repeated = <T>(count: number, item: (k: number) => T): T[] =>
  Array.from({ length: count }, (_, k) => item(k));

/** The restated text, once it is known to come back. */
function textFor(file: string): string | undefined {
  const view = restatedView(bytesOf(file));
  if (!view) return undefined;
  assert.equal(textOf(restored(view)), file);
  return textOf(view.text);
}

const records = repeated(20, (k) => ({
  name: `n "${k}", é`,
  size: k % 3 ? k * 7 : null,
  tags: [k, { a: ':' }],
  kind: k % 2 ? 'odd' : 'even',
}));
const rows = records
  .map(({ name, size, tags, kind }) =>
    [JSON.stringify(name).slice(1, -1), size, JSON.stringify(tags), kind].map(String).join('\t'),
  )
  .join('\n');

describe('the tree of JSON', () => {
  it('says where keys and values stand', () => {
    const [{ value: record }, ...others] = jsonTree('{"a\\"]":[1, {}],\n"b":"}"} 2')!;
    assert.deepEqual([record.type, record.from, record.to], ['object', 0, 25]);
    assert.deepEqual(
      record.entries.map(({ key, at, value: { type, from, to } }) => [key, at, type, from, to]),
      [
        ['"a\\"]"', 1, 'array', 8, 15],
        ['"b"', 17, 'string', 21, 24],
      ],
    );
    assert.deepEqual(
      record.entries[0].value.entries.map(({ key, at, value }) => [key, at, value.type]),
      [
        ['', 9, 'other'],
        ['', 12, 'object'],
      ],
    );
    assert.deepEqual(others, [
      { key: '', at: 26, value: { type: 'other', from: 26, to: 27, entries: [] } },
    ]);
  });

  it('is none where brackets do not match, or a key is no text or has no value', () => {
    for (const text of ['[1', '{"a":1', '1]', '[1}', '{"a":1]', '{1:2}', '{"a"}', '[{"a":1,"b"}]'])
      assert.equal(jsonTree(text), undefined, text);
  });
});

describe('JSON whose records have the same keys', () => {
  for (const [what, file] of [
    ['a list on one line', JSON.stringify(records)],
    [
      'a list with a record a line',
      `[\n${records.map((r) => `  ${JSON.stringify(r)}`).join(',\n')}\n]\n`,
    ],
    ['a record a line', `${records.map((r) => JSON.stringify(r)).join('\n')}\n`],
  ]) {
    it(`is told as rows of values: ${what}`, () => {
      assert.equal(textFor(file), rows);
    });
  }

  it('names the columns by its keys', () => {
    const { syntax } = restatedView(bytesOf(JSON.stringify(records)))!;
    assert.deepEqual(syntax, {
      type: 'table',
      delimiter: 9,
      isQuoted: false,
      names: ['name', 'size', 'tags', 'kind'],
    });
  });

  it('is left alone where it has few records, no records, or brackets that do not match', () => {
    const files = [
      JSON.stringify(records.slice(0, 12)),
      JSON.stringify(repeated(40, (k) => [k, { a: k }])),
      JSON.stringify(records.slice(0, 15)),
      JSON.stringify({ told: 'x'.repeat(1100), records }),
      `{"a":1,"b":2,"all":[${'{},'.repeat(20)}{}]}`,
      '[{"a":1},'.repeat(40),
      '{"a":'.repeat(40),
      `[${'{"a":1},'.repeat(40)}}]`,
      `[${'{1:2},'.repeat(40)}]`,
      `[${'{},'.repeat(40)}]`,
    ];
    for (const file of files) assert.equal(textFor(file), undefined, file.slice(0, 80));
    assert.ok(textFor(JSON.stringify(records.slice(0, 16))));
  });
});

/** A record that lacks some keys and has records within it. */
const partial = (k: number) => ({
  ...(k % 3 && { id: `i${k}` }),
  at: { x: k, ...(k % 2 && { y: { z: '', w: [k, k] } }) },
  ...(k % 5 === 0 && { note: `${k}` }),
});
/** As Python writes it. */
const spaced = (value: unknown): string =>
  JSON.stringify(value, null, 1).replace(/\n\s*/g, (_, at, all) =>
    all[at - 1] === ',' ? ' ' : '',
  );

describe('JSON whose records lack keys, or hold records', () => {
  const list = repeated(30, partial);
  const table = list
    .map(({ id = '', at: { x, y }, note = '' }) =>
      [id, x, ...(y ? ['""', JSON.stringify(y.w)] : ['', '']), note].join('\t'),
    )
    .join('\n');

  it('has empty cells for what is not there, and columns for records within records', () => {
    assert.equal(textFor(JSON.stringify(list)), table);
    assert.equal(textFor(spaced(list)), table.replace(/(\d),(?=\d)/g, '$1, '));
    assert.equal(textFor(list.map((r) => `${JSON.stringify(r)}\n`).join('')), table);
    assert.equal(textFor(`{"n":30,"all":${JSON.stringify(list)},"end":[]}`), table);
    const { syntax } = restatedView(bytesOf(JSON.stringify(list)))!;
    assert.deepEqual(syntax?.type === 'table' && syntax.names, [
      'id',
      'at.x',
      'at.y.z',
      'at.y.w',
      'note',
    ]);
  });

  it('tells what they are called first, and lines within values by another sign', () => {
    const named = Object.fromEntries([...list.map((r, k) => [`n/${k}`, r]), ['none', {}]]);
    const names = [...list.keys(), 0].map((k) => `n/${k}\t`);
    const rows = [...table.split('\n'), '\t\t\t\t'];
    const told = rows.map((row, k) => (k < 30 ? names[k] : 'none\t') + row).join('\n');
    assert.equal(textFor(JSON.stringify(named)), told);
    const broken = textFor(JSON.stringify(named, null, 2))!;
    const [line, end] = [10, 8].map((indent) => `\u0001${' '.repeat(indent)}`);
    assert.equal(broken.split('\n')[1], `n/1\ti1\t1\t""\t[${line}1,${line}1${end}]\t`);
  });

  it('keeps the order of keys, in whatever order they are first seen', () => {
    const rows = ['ac', 'ab', 'cb', 'd'].flatMap((keys) =>
      repeated(6, (k) => Object.fromEntries([...keys].map((key) => [key, k]))),
    );
    const { syntax } = restatedView(bytesOf(JSON.stringify(rows)))!;
    assert.deepEqual(syntax?.type === 'table' && syntax.names, ['a', 'c', 'b', 'd']);
    assert.equal(textFor(JSON.stringify([...rows, { b: 1, a: 2 }])), undefined);
  });

  it('has a column for a record that may be empty, and for no more than a byte counts', () => {
    const some = repeated(20, (k) => ({ id: k, at: k % 4 ? { x: k } : {} }));
    assert.equal(textFor(JSON.stringify(some))!.split('\n')[4], '4\t{}');
    const wide = (width: number) => {
      const half = Object.fromEntries(repeated(width, (k) => [`k${k}`, k]));
      return JSON.stringify(repeated(16, () => ({ one: half, other: half })));
    };
    assert.ok(textFor(wide(127)));
    assert.equal(textFor(wide(128)), undefined);
  });

  it('is left alone where keys are names', () => {
    const names = repeated(30, (k) => ({ [`n${k}`]: k, [`m${k}`]: k }));
    assert.equal(textFor(JSON.stringify(names)), undefined);
    const inside = names.map((all, k) => ({ id: k, all }));
    const { syntax } = restatedView(bytesOf(JSON.stringify(inside)))!;
    assert.deepEqual(syntax?.type === 'table' && syntax.names, ['id', 'all']);
  });

  it('comes back or is left alone, whatever it holds', () => {
    const random = createRandom(7);
    const pick = <T>(...of: T[]): T => of[random.integer(of.length)];
    const value = (depth: number): unknown =>
      pick<() => unknown>(
        () => pick<unknown>(null, true, -1.5e-7, 12),
        () => pick('', 'a\tb\n"\\', '{"', 'é\u2028'),
        () => repeated(random.integer(3), () => (depth ? value(depth - 1) : 0)),
        () => (depth ? object(depth - 1) : {}),
      )();
    const object = (depth: number): object =>
      Object.fromEntries(
        ['a', 'b.c', 'c', '"d'].filter(() => random.integer(3)).map((key) => [key, value(depth)]),
      );
    let told = 0;
    for (let trial = 0; trial < 300; trial++) {
      const all = repeated(16 + random.integer(9), () => object(pick(0, 1, 2)));
      const whole = pick<unknown>(all, Object.fromEntries(all.map((r, k) => [`k${k}`, r])), {
        all,
      });
      const file = pick(
        spaced(whole),
        JSON.stringify(whole, null, pick(0, 1, 4)),
        JSON.stringify(whole, null, '\t'),
        all.map((r) => `${JSON.stringify(r)}\r\n`).join(''),
      );
      if (textFor(file) !== undefined) told++;
    }
    assert.ok(told > 150, `${told} of 300`);
  });
});

describe('a column of times that go one way', () => {
  const day = 864e5;
  const at = (k: number, unit: number): string =>
    new Date(Date.UTC(2024, 1, 27) + unit * (k * 3 - (k % 2))).toISOString();
  const steps = repeated(70, (k) => (k ? 3 + (k % 2 ? -1 : 1) : 0));
  const table = (cell: (k: number) => string, end = '\n'): string =>
    ['id,when,v', ...repeated(70, (k) => `${k % 7},${cell(k)},x${k % 5}`)].join(end) + end;

  for (const [unit, cell] of [
    ['days', (k) => at(k, day).slice(0, 10)],
    ['days', (k) => at(k, day).slice(0, 10).replaceAll('-', '/')],
    ['minutes', (k) => at(k, 6e4).slice(0, 16).replaceAll('-', '.').replace('T', ' ')],
    ['seconds', (k) => at(k, 1e3).slice(0, 19).replace('T', ' ')],
    ['seconds', (k) => `${at(k, 1e3).slice(0, 19)}Z`],
    ['days', (k) => at(70 - k, day).slice(0, 10)],
  ] as [string, (k: number) => string][]) {
    it(`is told in ${unit}: ${cell(0)}, then ${cell(1)}`, () => {
      const [{ sentence }] = restatedView(bytesOf(table(cell)))!.restatements!;
      assert.match(sentence, new RegExp(`as ${unit} from row to row`));
      const cells = textFor(table(cell))!
        .split('\n')
        .map((line) => line.split(',')[1]);
      assert.deepEqual(
        cells.slice(1, 8),
        (cell(0) < cell(1) ? steps : backwards).slice(0, 7).map(String),
      );
    });
  }
  const backwards = repeated(70, (k) => (k ? 3 + (k % 2 ? 1 : -1) : 0));

  it('tells the clock of its unit: of days that of the week, else that of the day', () => {
    const clockOf = (unit: number, length: number) => {
      const { syntax } = restatedView(bytesOf(table((k) => at(k, unit).slice(0, length))))!;
      return syntax?.type === 'table' && syntax.clock;
    };
    assert.deepEqual(clockOf(day, 10), { column: 1, phase: 1, phases: 7 });
    assert.deepEqual(clockOf(6e4, 16), { column: 1, phase: 60, phases: 24 });
    assert.deepEqual(clockOf(1e3, 19), { column: 1, phase: 3600, phases: 24 });
  });

  it('is told in any column, whatever separates them, and where line ends have two bytes', () => {
    const dates = repeated(70, (k) => at(k, day).slice(0, 10));
    const first = textFor(dates.map((date, k) => `${date}\t${k}\n`).join(''))!;
    assert.ok(first.startsWith('0\t0\n2\t1\n4\t2\n'), first.slice(0, 20));
    const bars = textFor(dates.map((date, k) => `a|${k}|${date}|\n`).join(''))!;
    assert.ok(bars.startsWith('a|0|0|\na|1|2|\na|2|4|\n'), bars.slice(0, 20));
    const last = textFor(dates.map((date, k) => `${k},${date}\r\n`).join(''))!;
    assert.ok(last.startsWith('0,0\r\n1,2\r\n2,4\r\n'), last.slice(0, 20));
  });

  it('takes no longer to find in a wide table than its cells take', () => {
    const row = '7,'.repeat(4000);
    const wide = repeated(70, (k) => `${row}${at(k, day).slice(0, 10)}\n`).join('');
    const began = performance.now();
    assert.ok(textFor(wide)!.startsWith(`${row}0\n${row}2\n`));
    // With a look back it took 20 seconds.
    assert.ok(performance.now() - began < 4000);
  });

  it('may lack some', () => {
    const text = textFor(table((k) => (k % 20 === 2 ? '' : at(k, day).slice(0, 10))))!;
    assert.ok(text.startsWith('id,when,v\n0,0,x0\n1,2,x1\n2,,x2\n3,6,x3\n'), text.slice(0, 40));
  });

  it('is told of JSON, too', () => {
    const list = repeated(70, (k) => ({ at: at(k, 6e4).slice(0, 16).replace('T', ' '), v: k % 9 }));
    const text = textFor(JSON.stringify(list))!;
    assert.ok(text.startsWith('0\t0\n2\t1\n4\t2\n'), text.slice(0, 20));
    const { syntax } = restatedView(bytesOf(JSON.stringify(list)))!;
    assert.deepEqual(syntax, {
      type: 'table',
      delimiter: 9,
      isQuoted: false,
      names: ['at', 'v'],
      clock: { column: 0, phase: 60, phases: 24 },
    });
  });

  it('stays where a time goes back, is none, or the calendar would write it otherwise', () => {
    const date = (k: number): string => at(k, day).slice(0, 10);
    for (const odd of ['2023-01-01', '12', 'none', '2024-02-30', '2024/09/22'])
      assert.equal(textFor(table((k) => (k === 69 ? odd : date(k)))), undefined, odd);
    // Nor is it left to what brings it back to find out.
    const none = table((k) => (k === 1 ? '2024-02-30' : date(k)));
    assert.equal(clockSteps(none, { type: 'table', delimiter: 44 }), undefined);
    assert.equal(textFor(table(date).replace('when', '1 when')), undefined);
    assert.equal(textFor(table(date).split('\n').slice(0, 50).join('\n')), undefined);
  });
});

describe('texts that would not come back', () => {
  it('are restated by what brings them back', () => {
    const day = (k: number): string => new Date(864e5 * (19000 + k)).toISOString().slice(0, 10);
    const decimals = (k: number): string => Math.fround((k * 37) / 100).toFixed(6);
    const table = (last: string): string =>
      repeated(80, (k) => `${day(k)},${k < 79 ? decimals(k) : last}\n`).join('');
    const both = textFor(table('0.333333'))!;
    assert.ok(both.startsWith('0,0.00\n1,0.37\n1,0.74\n'), both.slice(0, 20));
    // A number that already has as few decimals would be rounded.
    const steps = textFor(table('0.25'))!;
    assert.ok(steps.startsWith('0,0.000000\n1,0.370000\n'), steps.slice(0, 30));
  });

  it('are left alone', () => {
    const json = JSON.stringify(records);
    assert.equal(textFor(`\ufeff${json}`), undefined);
    assert.equal(restatedView(Uint8Array.from([...bytesOf(json), 0xff])), undefined);
    assert.equal(restatedView(new Uint8Array(0)), undefined);
  });
});
