import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { analyse } from '../../../src/core/program/analyse';
import { arrayTable } from '../../../src/core/program/restate/arrays';
import { piecesOf, shadeOf, wordCosts, wordsOf } from '../../../src/core/program/costs/lines';
import { describeContext } from '../../../src/core/program/model/contextNames';
import { encodeWith } from '../../../src/core/program/model/evaluate';
import { modelFor } from '../../../src/core/program/model/kinds';
import { extremes, linesOf, partition, type Region } from '../../../src/core/program/costs/ranges';
import { residualView } from '../../../src/core/program/restate/sound';
import { analyseSyntax, type Syntax } from '../../../src/core/program/syntax';
import { surprisal, type Surprisal } from '../../../src/core/program/costs/surprisal';
import { createRandom } from '../../../src/core/random';
import { finished, finishedSync } from '../../fixtures/finished';
import { npyFloats, wave } from '../../fixtures/media';
import { lineOfPlaces } from '../../fixtures/places';

const measure = (bytes: Uint8Array): Promise<Surprisal> => finished(surprisal(bytes));

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
const total = (costs: Float32Array): number => costs.reduce((sum, bits) => sum + bits, 0);

/** A text with its mark. */
function utf16(text: string): Record<'utf16le' | 'utf16be', Uint8Array> {
  const utf16le = Uint8Array.from(Buffer.from(`\ufeff${text}`, 'utf16le'));
  return { utf16le, utf16be: Uint8Array.from(Buffer.from(utf16le).swap16()) };
}

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
    const law = 'Quick brown foxes jump over lazy dogs. '.repeat(80);
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

  it('is that of the kind which the program takes the file for, whatever it looks like', async () => {
    const bytes = lineOfPlaces(1500);
    assert.equal(analyseSyntax(bytes).type, 'text');
    const costOf = (syntax: Syntax): number =>
      total(finishedSync(encodeWith(analyse(bytes, syntax).full, bytes)).costs);
    const { costs, contexts } = await measure(bytes);
    assert.ok(Math.abs(total(costs) - costOf({ type: 'json' })) < 1);
    assert.ok(total(costs) < 0.97 * costOf({ type: 'text' }));
    assert.ok(contexts.some((words) => /column/.test(words)));
    const beginning = await finished(surprisal(bytes, 2 ** 24 + 1));
    assert.ok(Math.abs(total(beginning.costs) - costOf({ type: 'json' })) < 1);
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
  it('lays words over UTF-16, in either order of its bytes', () => {
    for (const [encoding, bytes] of Object.entries(utf16('日本 42😀;\r\n'))) {
      const costs = new Float32Array(bytes.length).fill(1);
      const best = new Uint8Array(bytes.length).fill(255);
      const line = { from: 0, to: bytes.length };
      const words = wordCosts(bytes, { costs, best }, line, encoding as 'utf16le');
      assert.deepEqual(
        words.map(({ start, end, from, bits }) => [start, end, from, bits]),
        [
          [0, 2, 2, 4],
          [2, 3, 6, 2],
          [3, 5, 8, 4],
          [5, 7, 12, 4],
          [7, 8, 16, 2],
        ],
        encoding,
      );
    }
  });
  it('keeps to UTF-8 where the beginning of a file ends within a character', () => {
    const words = all(utf8('é 日').subarray(0, 5));
    assert.deepEqual(
      words.map(({ start, end, bytes }) => [start, end, bytes]),
      [
        [0, 1, 2],
        [1, 2, 1],
      ],
    );
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
      pieces: piecesOf(bytes, line, { longest }),
      words: piecesOf(bytes, line, { longest }).flatMap((piece) => wordsOf(bytes, costs, piece)),
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
  it('leaves a line whole that is as long as a piece, and cuts no word where a gap comes late enough', () => {
    const ends = (text: string): number[] => cut(utf8(text), 8).pieces.map(({ to }) => to);
    assert.deepEqual(ends('abcdefgh'), [8]);
    assert.deepEqual(ends('abcdefghi'), [8, 9]);
    assert.deepEqual(ends('abcde fgh'), [6, 9]);
    assert.deepEqual(ends('abc efghi'), [8, 9]);
    assert.deepEqual(ends('abcdef😀g'), [6, 11]);
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
      const { starts } = linesOf(utf8(text));
      assert.equal(starts.length, text.split(/\r\n|\r|\n/).length, JSON.stringify(text));
    }
  });
  it('counts the lines of UTF-16 by their units', () => {
    // The second bytes of these characters are line feeds of another encoding.
    const text = 'a\u0a0a\u0d0d\r\nb\n';
    for (const [encoding, bytes] of Object.entries(utf16(text))) {
      const { starts, encoding: found } = partition(bytes, { type: 'bytes' });
      assert.deepEqual([[...starts], found], [[0, 12, 16], encoding]);
    }
  });
  it('tells colour images in an array that is predicted as rows of pixels', () => {
    const stack = { width: 2, height: 3, header: 20, count: 2, channels: 3 };
    const syntax = { type: 'raster', row: 6, pixel: 3, header: 20 } as const;
    const { unit, starts, image } = partition(new Uint8Array(56), syntax, stack);
    assert.deepEqual([unit, [...starts], image?.channels], ['sample', [0, 20, 38], 3]);
  });
  it('tells the samples of sound in all channels, and the rows of a picture', () => {
    const sound = { type: 'residuals', header: 4, count: 12, sample: 2, channels: 2 } as const;
    assert.deepEqual([...partition(new Uint8Array(28), sound).starts], [0, 4, 8, 12, 16, 20, 24]);
    const { unit, starts } = partition(new Uint8Array(20), {
      type: 'raster',
      header: 0,
      row: 10,
      pixel: 1,
    });
    assert.deepEqual([unit, [...starts]], ['row', [0, 10]]);
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
    const { dearest, cheapest } = extremes(bytes, costs, linesOf(bytes), 3);
    assert.deepEqual(dearest[0], { first: 10, last: 11, from: 320, to: 384, bits: 192 });
    assert.deepEqual([cheapest[0].first, cheapest[0].last], [20, 21]);
    assert.equal(dearest.length, 3);
  });
});

describe('extremes of samples', () => {
  it('are single ones, however small, where rows are listed by several', () => {
    const stack = { width: 2, height: 3, header: 0, count: 100, channels: 1 };
    const bytes = new Uint8Array(600);
    const costs = new Float32Array(600).fill(1).fill(7, 60, 66);
    const samples = partition(bytes, { type: 'image', ...stack });
    const [sample] = extremes(bytes, costs, samples, 1).dearest;
    assert.deepEqual([sample.first, sample.last, sample.bits], [10, 10, 42]);
    const rows = partition(bytes, { type: 'raster', header: 0, row: 6, pixel: 1 });
    const [row] = extremes(bytes, costs, rows, 1).dearest;
    assert.ok(row.to - row.from >= 64 && row.from <= 60 && row.to >= 66);
  });
});

describe('extremes of one long line', () => {
  const records = (count: number) =>
    `[${Array.from({ length: count }, (_, k) => `{"name":"n${k}","of":[1,2]}`).join(',')}]`;
  const listed = (bytes: Uint8Array): Region[] => {
    const costs = Float32Array.from(bytes, (_, i) => (i > 9000 && i < 9100 ? 6 : 1));
    const { dearest, cheapest } = extremes(bytes, costs, linesOf(bytes), 1000);
    return [...dearest, ...cheapest];
  };
  it('are parts that end behind records', () => {
    const text = records(2000);
    const regions = listed(utf8(text));
    assert.ok(regions.length > 200, `${regions.length} regions`);
    assert.ok(regions[0].from <= 9000 && regions[0].to > 9000 && regions[0].to < 9300);
    assert.ok(regions.every(({ first, last, to }) => first === 0 && last === 0 && to > 0));
    const ends = regions.map(({ to }) => text.slice(to - 2, to));
    assert.deepEqual([...new Set(ends)].sort(), ['},', '}]']);
  });
  it('cover each byte once', () => {
    const bytes = utf8(`${records(300)}\nshort\n${'日'.repeat(4000)}`);
    const all = listed(bytes).sort((a, b) => a.from - b.from);
    // With an odd number, the one in the middle is in neither list.
    const gaps = all.filter(({ to }, k) => k + 1 < all.length && all[k + 1].from !== to);
    assert.ok(gaps.length <= 1 && all[0].from === 0 && all.at(-1)!.to === bytes.length);
    // No character is cut.
    const decoder = new TextDecoder('utf-8', { fatal: true });
    for (const { from, to } of all) decoder.decode(bytes.subarray(from, to));
  });
  it('end behind records in UTF-16 too', () => {
    const { utf16be } = utf16(records(1000));
    const decoder = new TextDecoder('utf-16be', { ignoreBOM: true });
    const ends = listed(utf16be).map(({ to }) => decoder.decode(utf16be.subarray(to - 4, to)));
    assert.deepEqual([...new Set(ends)].sort(), ['},', '}]']);
  });
});

describe('surprisal of numbers', () => {
  const random = createRandom(5);
  it('of sound is that of what a predictor of samples leaves, laid over the samples', async () => {
    const samples = Int32Array.from(
      { length: 6000 },
      (_, k) =>
        Math.round(Math.sin(k / 9) * (k > 4000 && k < 4050 ? 20000 : 3000)) + random.integer(3),
    );
    const bytes = wave(samples, { bits: 16, channels: 1 });
    const { costs, partition: found, contexts } = await measure(bytes);
    const { text, syntax } = residualView(bytes)!;
    const { costs: own } = finishedSync(encodeWith(analyse(text, syntax).full, text));
    assert.ok(Math.abs(total(costs) - total(own)) < 1);
    assert.equal(found.unit, 'record');
    assert.ok(contexts.some((words) => /how far off/.test(words)));
    // The lowest byte of a sample, which is its first, is the noise.
    const [low, high] = [0, 1].map((byte) =>
      costs.reduce((sum, bits, i) => sum + ((i - 44) % 2 === byte && i > 2000 ? bits : 0), 0),
    );
    assert.ok(low > 3 * high, `${low} and ${high} bits`);
  });
  it('of floats that were decimals is that of the decimals, laid over the floats', async () => {
    const values = Float64Array.from({ length: 3000 }, (_, k) =>
      k === 2000 ? 123456.789 : random.integer(1000) / 10,
    );
    const bytes = npyFloats(values);
    const { costs } = await measure(bytes);
    const start = bytes.length - 8 * values.length;
    const { text, syntax } = arrayTable(bytes)!;
    const own = finishedSync(encodeWith(analyse(text, syntax).full, text)).costs;
    assert.ok(Math.abs(total(costs) - total(own)) < 1);
    const cost = Array.from(values, (_, k) =>
      total(costs.subarray(start + 8 * k, start + 8 * k + 8)),
    );
    assert.equal(cost.indexOf(Math.max(...cost.slice(1000))), 2000);
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

  it('has words for all that sound is predicted from', () => {
    const { contexts } = modelFor({
      type: 'residuals',
      header: 44,
      count: 9,
      sample: 2,
      channels: 1,
    });
    assert.deepEqual(
      contexts.filter((context) => describeContext(context, { type: 'residuals' }) === context),
      [],
    );
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
    assert.equal(shadeOf({ bits: 0.5, bytes: 2 }), 1);
    assert.equal(shadeOf({ bits: 0.1, bytes: 0 }), 0);
  });
});
