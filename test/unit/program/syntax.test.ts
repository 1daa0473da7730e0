import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { analyseSyntax, describeSyntax, type Syntax } from '../../../src/core/program/syntax';
import { createRandom } from '../../../src/core/random';
import { wave } from '../../fixtures/media';

const latin = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'latin1'));
const random = createRandom(5);
const lines = (count: number, line: (i: number) => string): Uint8Array =>
  latin(Array.from({ length: count }, (_, i) => line(i) + '\n').join(''));

const images = new Uint8Array(16 + 3 * 28 * 28);
images.set([0, 0, 8, 3, 0, 0, 0, 3, 0, 0, 0, 28, 0, 0, 0, 28]);

const cases: { name: string; bytes: Uint8Array; type: Syntax['type'] }[] = [
  { name: 'CSV', bytes: lines(50, (i) => `${i},${i * 2},x`), type: 'table' },
  { name: 'CSV with quoted commas', bytes: lines(50, (i) => `"a, b",${i}`), type: 'table' },
  { name: 'TSV', bytes: lines(50, (i) => `${i}\ta`), type: 'table' },
  { name: 'JSON', bytes: latin(JSON.stringify([{ a: 1, b: 'x' }, { a: 2 }])), type: 'json' },
  { name: 'JSON lines', bytes: lines(20, (i) => JSON.stringify({ id: i })), type: 'json' },
  { name: 'a log', bytes: lines(50, (i) => `Dec 10 06:55:${i} host sshd: failed`), type: 'log' },
  {
    name: 'a log with milliseconds behind a comma',
    bytes: lines(50, (i) => `2024-02-01 00:00:${10 + i},0${10 + i} INFO started`),
    type: 'log',
  },
  {
    name: 'prose',
    bytes: latin('It was the best of times.\nIt was not.\n'.repeat(9)),
    type: 'text',
  },
  { name: 'IDX images', bytes: images, type: 'image' },
  {
    name: 'records',
    bytes: Uint8Array.from({ length: 6000 }, (_, i) => (i % 12 < 8 ? i % 12 : random.integer(256))),
    type: 'records',
  },
  {
    name: 'noise',
    bytes: Uint8Array.from({ length: 6000 }, () => random.integer(256)),
    type: 'bytes',
  },
  {
    name: 'sound of one byte a sample',
    bytes: wave(new Int32Array(500), { bits: 8, channels: 1 }),
    type: 'bytes',
  },
  {
    name: 'sound of more',
    bytes: wave(new Int32Array(500), { bits: 16, channels: 2 }),
    type: 'records',
  },
  { name: 'nothing', bytes: new Uint8Array(0), type: 'bytes' },
];

describe('syntax', () => {
  for (const { name, bytes, type } of cases) {
    it(`takes ${name} for ${type}`, () => {
      const syntax = analyseSyntax(bytes);
      assert.equal(syntax.type, type);
      assert.match(describeSyntax(syntax), /^It is .*\.$/);
    });
  }

  it('writes the length of sound as people read it', () => {
    const sound: Syntax = { type: 'residuals', sample: 2, channels: 1, header: 44, count: 32_000 };
    assert.match(describeSyntax(sound), /32,000 samples of 16 bits/);
  });

  it('numbers the columns where the first row is none of names', () => {
    const named = (text: string) => {
      const syntax = analyseSyntax(latin(text.repeat(3)));
      assert.ok(syntax.type === 'table', describeSyntax(syntax));
      return syntax.names;
    };
    assert.deepEqual(named('0,0,x\n1,1,y\n'), ['1', '2', '3']);
    assert.deepEqual(named('"1";2024-02-01\r\n"2";2024-02-02\r\n'), ['1', '2']);
    assert.deepEqual(named('a,2019\nb,2020\n'), ['1', '2']);
    assert.equal(named('id,x\n1,y\n'), undefined);
    assert.equal(named('country,2019,2020\nFrance,517,3.5\n'), undefined);
    assert.equal(named('a,b\nx,y\n'), undefined);
  });

  it('takes line feeds in quotes for text only where no quote stands astray', () => {
    const rows = [lines(9, (i) => `${i},"a ""b"", c\nd",${i}`), lines(9, (i) => `${i},e,f`)];
    const whole = Uint8Array.from(rows.flatMap((part) => [...part]));
    const changed = (from: string, to: string) =>
      latin(Buffer.from(whole).toString().replace(from, to));
    const holds = (bytes: Uint8Array, size?: number) => {
      const syntax = analyseSyntax(bytes, size);
      assert.ok(syntax.type === 'table', describeSyntax(syntax));
      return syntax.holdsLines ?? false;
    };
    assert.ok(holds(whole));
    assert.ok(holds(changed('e', '"e\r\n"')));
    assert.ok(!holds(rows[1]));
    assert.ok(!holds(changed('e', '5"')));
    assert.ok(!holds(changed('e', '"e')));
    // The beginning of a file may end inside a text.
    assert.ok(holds(changed('e', '"e'), 2 * whole.length));
  });

  it('finds the length of records', () => {
    const syntax = analyseSyntax(cases.find(({ type }) => type === 'records')!.bytes);
    assert.ok(syntax.type === 'records' && syntax.stride === 12);
  });
});
