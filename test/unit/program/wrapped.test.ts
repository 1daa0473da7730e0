import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { restatedView } from '../../../src/core/program/restate/restated';
import { paragraphs } from '../../../src/core/program/restate/wrapped';
import { createRandom } from '../../../src/core/random';
import { restored } from '../../fixtures/restored';

const words = 'a to the word paragraph sentence, ends follows. encyclopaedia'.split(' ');

/** Paragraphs broken at a width. */
function broken(width: number): string[] {
  const random = createRandom(5);
  const lines: string[] = [];
  for (let k = 0; k < 100; k++) {
    const text = Array.from({ length: 60 }, () => words[random.integer(words.length)]).join(' ');
    const fitting = new RegExp(`(.{0,${width - 1}}\\S) +`, 'g');
    const spaced = `  ${text.replace(/\. /g, '.  ')} `;
    lines.push(spaced.replace(fitting, '$1\n').trimEnd(), '');
  }
  return lines;
}

/** Paragraphs broken at 60 characters, one line of which is longer, one shorter than it need be, and one that ends with a space. */
function prose(end = '\n'): string {
  const lines = broken(60);
  lines.splice(7, 0, `${'words '.repeat(9)}of a line that does not fit`, 'short', 'and open ', '');
  return lines.join('\n').replaceAll('\n', end);
}

const bytesOf = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text));
const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString();

describe('text whose lines were broken at a width', () => {
  for (const end of ['\n', '\r\n']) {
    it(`is restated as paragraphs, and comes back with its ${end.length === 1 ? 'line ends' : 'line ends of two bytes'}`, () => {
      const bytes = bytesOf(prose(end));
      const view = restatedView(bytes)!;
      const { text, restatements } = view;
      assert.match(restatements![0].sentence, /at most 60 characters/);
      const lines = (said: string): number => said.split('\n').length;
      assert.ok(lines(textOf(text)) < 300, `${lines(textOf(text))} of ${lines(prose())} lines`);
      assert.ok(!/[a-z]\. [a-z]/.test(textOf(text)), 'a sentence ends as elsewhere');
      assert.deepEqual(restored(view), bytes);
    });
  }

  it('comes back without a line end behind its last line', () => {
    const bytes = bytesOf(prose().trimEnd());
    assert.deepEqual(restored(restatedView(bytes)), bytes);
  });

  it('is restated at any usual width, without glue where all lines fit', () => {
    for (const width of [45, 75, 120]) {
      const bytes = bytesOf(broken(width).join('\n'));
      const view = restatedView(bytes)!;
      assert.match(view.restatements![0].sentence, new RegExp(`at most ${width} characters`));
      assert.ok(!textOf(view.text).includes('\v'));
      assert.deepEqual(restored(view), bytes);
    }
  });

  it('is left alone where many lines are longer, where the last one is long and open, and where line ends differ', () => {
    const long = Array.from({ length: 250 }, () => `${'a word '.repeat(13)}.\n`);
    const text = { type: 'text' } as const;
    assert.equal(paragraphs([...broken(60), ...long].join('\n'), text), undefined);
    assert.equal(paragraphs(`${prose()}\n${'a word '.repeat(200)}`, text), undefined);
    assert.equal(paragraphs(`${prose('\r\n')}\nmixed`, text), undefined);
    assert.ok(paragraphs(`${prose()}\n${'a word '.repeat(100)}`, text));
  });

  it('is left alone where it would not come back', () => {
    assert.equal(restatedView(bytesOf(`\ufeff${prose()}`)), undefined);
    assert.equal(restatedView(bytesOf(`${prose()}\va sign for glue`)), undefined);
    assert.equal(restatedView(bytesOf(`${prose('\r\n')}\nmixed`)), undefined);
    assert.equal(restatedView(Uint8Array.from([...bytesOf(prose()), 0xff])), undefined);
  });

  it('is told from lines that end anywhere, and from few lines', () => {
    const random = createRandom(6);
    const anywhere = prose().replace(/ /g, () => (random.integer(4) ? ' ' : '\n'));
    assert.equal(restatedView(bytesOf(anywhere)), undefined);
    assert.equal(restatedView(bytesOf(prose().slice(0, 9000))), undefined);
    assert.equal(restatedView(new Uint8Array(0)), undefined);
  });
});
