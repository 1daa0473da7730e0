import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { analyse } from '../../../src/core/program/analyse';
import { fieldCosts } from '../../../src/core/program/costs/fieldCosts';
import { measure } from '../../../src/core/program/model/evaluate';
import { predictedAs } from '../../../src/core/program/predictedAs';
import { analyseSyntax, describeSyntax, type Syntax } from '../../../src/core/program/syntax';
import { createRandom } from '../../../src/core/random';
import { finished } from '../../fixtures/finished';
import { lineOfPlaces } from '../../fixtures/places';

const latin = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'latin1'));
const random = createRandom(9);
const repeated = (count: number, item: (k: number) => string): string[] =>
  Array.from({ length: count }, (_, k) => item(k));

const words = ['the', 'law', 'of', 'an', 'accident', 'repeats', 'seldom', 'itself', 'and', 'what'];
const prose = repeated(1500, () => words[random.integer(words.length)])
  .join(' ')
  .replace(/(.{40}\S*) /g, '$1\n');
// What stands behind a point is told by what its field begins with, up to a unit.
const residuals = repeated(600, () => {
  const centre = (random.integer(900) - 450) / 100;
  return repeated(10, () => (centre - random.integer(3)).toFixed(2)).join(', ');
}).join(', ');
// Each byte follows from the third before it, and one in eight is the one that stands 8 bytes before it.
const law = Uint8Array.from({ length: 256 }, () => random.integer(256));
const chain = new Uint8Array(60_000);
for (let i = 8; i < chain.length; i++)
  chain[i] = random.integer(8) ? law[chain[i - 3]] ^ random.integer(4) : chain[i - 8];

const cases: { name: string; bytes: Uint8Array; looks: Syntax['type']; is: Syntax }[] = [
  { name: 'JSON of few keys', bytes: lineOfPlaces(1500), looks: 'text', is: { type: 'json' } },
  {
    name: 'numbers in one line',
    bytes: latin(residuals),
    looks: 'text',
    is: { type: 'json', isLoose: true },
  },
  { name: 'prose', bytes: latin(prose), looks: 'text', is: { type: 'text' } },
  {
    name: 'bytes that only look like records',
    bytes: chain,
    looks: 'records',
    is: { type: 'bytes' },
  },
];

describe('what a file is predicted as', () => {
  for (const { name, bytes, looks, is } of cases) {
    it(`is ${is.type} where it is ${name}`, async () => {
      const syntax = analyseSyntax(bytes);
      assert.equal(syntax.type, looks);
      const found = await finished(predictedAs(bytes, 'balanced'));
      assert.deepEqual(found, is);
      const sifted = predictedAs(bytes, 'balanced', { look: syntax, isSifted: true });
      assert.deepEqual(await finished(sifted), is);
      const costOf = (kind: Syntax): number => measure(analyse(bytes, kind).full, bytes);
      if (is.type !== looks) assert.ok(costOf(found) < 0.98 * costOf(syntax));
    });
  }

  it('is told as text, without keys, where it only ends its fields as JSON does', async () => {
    const syntax = await finished(predictedAs(latin(residuals), 'balanced'));
    assert.match(describeSyntax(syntax), /^It is text whose fields end at commas/);
    const costs = new Float32Array(residuals.length).fill(1);
    assert.deepEqual(fieldCosts(latin(residuals), costs, syntax), []);
  });
});
