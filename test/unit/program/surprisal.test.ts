import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { piecesOf, shadeOf, wordCosts, wordsOf } from '../../../src/core/program/lines';
import { describeContext } from '../../../src/core/program/model/contextNames';
import { modelFor } from '../../../src/core/program/model/kinds';
import { extremes, partition } from '../../../src/core/program/ranges';
import { surprisal, type Surprisal } from '../../../src/core/program/surprisal';
import { createRandom } from '../../../src/core/random';
import { finished } from '../../fixtures/finished';

const measure = (bytes: Uint8Array): Promise<Surprisal> => finished(surprisal(bytes));

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
const total = (costs: Float32Array): number => costs.reduce((sum, bits) => sum + bits, 0);

/** `total` is the sum of `first` and `second`, as the semantic model can see. */
function sums(rows: number): string {
  const random = createRandom(3);
  let text = 'first,second,total\n';
  for (let i = 0; i < rows; i++) {
    const [a, b] = [random.integer(1000), random.integer(1000)];
    text += `${a},${b},${a + b}\n`;
  }
  return text;
}

describe('surprisal', () => {
  it('finds an accident dearer than the law around it', async () => {
    const law = 'The law repeats itself. '.repeat(80);
    const { costs } = await measure(utf8(`${law}Zq#${law}`));
    const accident = [...costs.subarray(law.length, law.length + 3)];
    const bits = accident.reduce((sum, cost) => sum + cost, 0);
    assert.ok(bits > 3 * 6 && accident.every((cost) => cost > 5), accident.join());
    assert.ok(costs[law.length - 5] < 0.5);
  });

  it('knows the columns: a sum of others costs little, and the sum is what told it', async () => {
    const text = sums(1500);
    const measured = await measure(utf8(text));
    const lines = text.split('\n');
    const half = text.length >> 1;
    const cost = [0, 0, 0];
    const told: (string | undefined)[] = [];
    let at = 0;
    for (const line of lines) {
      const words = wordCosts(utf8(text), measured, { from: at, to: at + line.length });
      if (at > half)
        words.filter((_, k) => k % 2 === 0).forEach(({ bits }, k) => (cost[k] += bits));
      if (at > half && words.length === 5) told.push(measured.contexts[words[4].best ?? 255]);
      at += line.length + 1;
    }
    assert.ok(cost[2] < 0.2 * cost[0], `${cost.join(', ')}`);
    const byArithmetic = told.filter((words) => words && /sum of|its row/.test(words)).length;
    assert.ok(byArithmetic > told.length / 2, `${byArithmetic} of ${told.length}: ${told[100]}`);
  });

  it('measures nothing and a single byte', async () => {
    assert.equal((await measure(new Uint8Array(0))).costs.length, 0);
    const one = await measure(utf8('x'));
    assert.ok(total(one.costs) > 0 && one.best[0] === 255);
  });
});

describe('wordCosts', () => {
  const all = (text: string | Uint8Array) => {
    const bytes = typeof text === 'string' ? utf8(text) : text;
    const costs = new Float32Array(bytes.length).fill(1);
    const best = new Uint8Array(bytes.length).fill(255);
    return wordCosts(bytes, { costs, best }, { from: 0, to: bytes.length });
  };
  it('counts columns as the editor does and bytes as the file does', () => {
    assert.deepEqual(
      all('日本 42;\r\n').map(({ start, end, from, bits }) => [start, end, from, bits]),
      [
        [0, 2, 0, 6],
        [2, 3, 6, 1],
        [3, 5, 7, 2],
        [5, 6, 9, 1],
      ],
    );
  });
  it('leaves the mark at the beginning of a file out of the first word', () => {
    assert.deepEqual(all('\ufeffab'), [{ start: 0, end: 2, from: 3, bits: 2, bytes: 2 }]);
  });
  it('gives each byte of a line that is not UTF-8 a character', () => {
    assert.equal(
      all(Uint8Array.of(0x61, 0xff, 0xe9, 0x80)).reduce((sum, { bytes }) => sum + bytes, 0),
      4,
    );
  });
});

describe('piecesOf', () => {
  const cut = (bytes: Uint8Array, longest: number) => {
    const costs = {
      costs: new Float32Array(bytes.length).fill(1),
      best: new Uint8Array(bytes.length),
    };
    const line = { from: 0, to: bytes.length };
    return {
      pieces: piecesOf(bytes, line, longest),
      words: piecesOf(bytes, line, longest).flatMap((piece) => wordsOf(bytes, costs, piece)),
      whole: wordCosts(bytes, costs, line),
    };
  };
  it('cuts a long line between words, at the columns that they have in it', () => {
    const { pieces, words, whole } = cut(
      utf8(`\ufeff${'zwölf 😀,日本;abc 42 '.repeat(40)}\r\n`),
      64,
    );
    assert.ok(pieces.length > 15 && pieces.every(({ from, to }) => to - from <= 64));
    assert.deepEqual(words, whole);
  });
  it('cuts a word that is longer than a piece between characters', () => {
    const { pieces, words } = cut(utf8('日'.repeat(100)), 64);
    assert.ok(pieces.length > 4);
    assert.equal(
      words.reduce((sum, { start, end }) => sum + end - start, 0),
      100,
    );
    assert.equal(
      words.reduce((sum, { bytes }) => sum + bytes, 0),
      300,
    );
  });
  it('counts each byte of a line that is not UTF-8, wherever it is cut', () => {
    const { words, whole } = cut(
      Uint8Array.from({ length: 300 }, (_, i) => (i % 9 ? 0xe9 : 0x3b)),
      64,
    );
    assert.deepEqual(words, whole);
  });
});

describe('partition', () => {
  it('counts lines as an editor does', () => {
    for (const text of ['', 'a', 'a\n', 'a,b\r\n1,2\r\n', '\n\n', 'a\rb\n\r']) {
      const { starts } = partition(utf8(text), { type: 'text' });
      assert.equal(starts.length, text.split(/\r\n|\r|\n/).length, JSON.stringify(text));
    }
  });
  it('tells the samples of an image file from its header', () => {
    const syntax = { type: 'image', width: 2, height: 3, header: 16, count: 2 } as const;
    const { unit, starts } = partition(new Uint8Array(28), syntax);
    assert.equal(unit, 'sample');
    assert.deepEqual([...starts], [0, 16, 22]);
  });
});

describe('extremes', () => {
  it('lists the regions that cost most and least, whole lines of at least 64 bytes', () => {
    const bytes = utf8(`${'x'.repeat(31)}\n`.repeat(40));
    const costs = new Float32Array(bytes.length).fill(1);
    costs.fill(5, 320, 352);
    costs.fill(0.1, 640, 704);
    const { dearest, cheapest } = extremes(costs, partition(bytes, { type: 'text' }), 3);
    assert.deepEqual(dearest[0], { first: 10, last: 11, from: 320, to: 384, bits: 192 });
    assert.deepEqual([cheapest[0].first, cheapest[0].last], [20, 21]);
    assert.equal(dearest.length, 3);
  });
});

describe('describeContext', () => {
  it('reads words off an expression', () => {
    const words = (expression: string) => describeContext(expression, { type: 'table' });
    assert.equal(words('c1'), 'the last byte');
    assert.equal(words('word4<<8'), 'the last 3 bytes');
    assert.equal(words('mix(word4,data[i-5]|data[i-6]<<8)'), 'the last 6 bytes');
    assert.equal(words('c2|c3<<8'), 'the bytes 2, 3 back');
    assert.equal(words('mix(mix(prefix,field[col]),col)'), 'field so far, column, field above');
    assert.equal(describeContext('w|n<<8', { type: 'image' }), 'pixel to the left, pixel above');
  });

  it('has words for all that images are predicted from', () => {
    const { contexts } = modelFor({ type: 'image', width: 8, height: 8, header: 16, count: 2 });
    assert.deepEqual(
      contexts.filter((context) => describeContext(context, { type: 'image' }) === context),
      [],
    );
  });
});

describe('shadeOf', () => {
  it('rises with the bits a byte', () => {
    const shades = [0, 0.3, 1, 2, 4, 8].map((bits) => shadeOf({ bits, bytes: 1 }));
    assert.deepEqual(shades, [0, 1, 2, 3, 4, 5]);
  });
});
