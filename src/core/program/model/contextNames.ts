/** What a context is made of, in words: read off its expression, so that a new one needs no name of its own. */
import type { Syntax } from '../syntax';
import type { ModelSpec } from './engine';

/** `context` and `repeat` words of a model, in the order in which the form `explain` counts them. */
export function describeContexts(spec: ModelSpec, syntax: Syntax): string[] {
  return [
    ...spec.contexts.map((expression) => describeContext(expression, syntax)),
    ...spec.matches.map((length) => `repeat of at least ${length} bytes`),
    ...(spec.opinion ? [likely] : []),
    ...(spec.expected ? [fitting] : []),
  ];
}

export function describeContext(expression: string, { type }: Pick<Syntax, 'type'>): string {
  if (expression === '0') return 'how often each byte occurs';
  const words = partsOf(type)
    .filter(({ pattern }) => pattern.test(expression))
    .map(({ words }) => words);
  const sequence = lastBytes(expression);
  if (sequence) words.unshift(sequence);
  return words.length > 0 ? [...new Set(words)].join(', ') : expression;
}

function partsOf(type: Syntax['type']): Part[] {
  if (type === 'residuals') return residuals;
  return [...parts, ...(type === 'image' || type === 'raster' ? pixels : places)];
}

interface Part {
  pattern: RegExp;
  words: string;
}

/** What the errors of fits and sums so far say of the next byte. */
const likely = 'what a fit or a sum of other columns makes likely';
/** The same of a pixel. */
const fitting = 'what a fit to the pixels around makes likely';

const parts: Part[] = [
  { pattern: /\bprefix\b/, words: 'field so far' },
  { pattern: /\bcol\b(?!\*2|\])/, words: 'column' },
  { pattern: /\bleft\b/, words: 'field to the left' },
  { pattern: /\bleft2\b/, words: 'second field to the left' },
  { pattern: /field\[col\]/, words: 'field above' },
  { pattern: /\ba[01]\b/, words: 'bytes above' },
  { pattern: /\bsame\b/, words: 'whether it repeats the field above' },
  { pattern: /parents\[col\*2\]/, words: 'the column that tells it best' },
  { pattern: /parents\[col\*2\+1\]/, words: 'the column that tells it second best' },
  { pattern: /\becho\b/, words: 'an earlier row with the same digits' },
  { pattern: /\bword\b/, words: 'word so far' },
  { pattern: /\blast\b/, words: 'word before' },
  { pattern: /\bbefore\b/, words: 'second word before' },
  { pattern: /\bmatch\[3\]/, words: 'what a repeat expects' },
  { pattern: /\bline\b/, words: 'place in the line' },
  { pattern: /\blineUp\b/, words: 'byte above' },
  { pattern: /\bshape1\b/, words: 'kind of the line above' },
  { pattern: /\btold\b/, words: 'kind of the last line with the same field in brackets' },
  { pattern: /\btag\b/, words: 'field in brackets' },
  { pattern: /\bbeside\b/, words: 'byte in the same field of the line above' },
  { pattern: /\btwin\b/, words: 'byte in the field that last followed the same two' },
  { pattern: /\bfollow\[/, words: 'what followed this byte before' },
  { pattern: /\bfollow2\[/, words: 'what followed these two bytes before' },
];

const places: Part[] = [
  { pattern: /\bnear\b/, words: 'what a fit to its row suggests, if anything' },
  { pattern: /\blikeliest\b/, words: likely },
  { pattern: /\bswap\b/, words: 'what last came with the other end of a pair' },
  { pattern: /\bthird\b/, words: 'the cell that a pair goes with' },
  { pattern: /\bplace\b/, words: 'place in the record' },
  { pattern: /\bup\b/, words: 'byte above' },
  { pattern: /\bup2\b/, words: 'second byte above' },
  { pattern: /\bup(Left|Right)\b/, words: 'bytes beside the one above' },
];

const pixels: Part[] = [
  { pattern: /\bimage\b/, words: 'what this image has held' },
  { pattern: /\bplace\b/, words: 'place in the image' },
  { pattern: /\bw\b/, words: 'pixel to the left' },
  { pattern: /\bn\b/, words: 'pixel above' },
  { pattern: /\b(nw|ne)\b/, words: 'pixels above to the sides' },
  { pattern: /\b(ww|nn)\b/, words: 'pixels two away' },
  { pattern: /\bplane\b/, words: 'plane through the pixels around' },
  { pattern: /\bchannel\b/, words: 'channel' },
  { pattern: /\b(d[12]\w?|off)\b/, words: 'what the channels before were off' },
  { pattern: /\bcentre\b/, words: 'what a fit to the pixels around expects' },
  { pattern: /\berrorAt\b/, words: 'how far off the pixels around were' },
  { pattern: /\b[wn][12]\b/, words: 'how the channels before changed' },
  { pattern: /\brough\b/, words: 'how rough the surroundings are' },
  { pattern: /\bnear\b/, words: 'tones of the 10 pixels around' },
  { pattern: /\bsmooth\b/, words: 'grey of the 5 pixels around' },
];

/** Of a sample what a fit to those before it leaves. */
const residuals: Part[] = [
  { pattern: /\bso\b/, words: 'how far off the sample is so far' },
  { pattern: /\bq\b/, words: 'how far off samples were lately' },
  { pattern: /\bs\b/, words: 'how far off samples were for long' },
  { pattern: /\bo\b/, words: 'how far off the samples right before were' },
  { pattern: /\bpart\b/, words: 'byte of the sample' },
];

/** The bytes right before, where an expression reads them all; single ones further back by their distance. */
function lastBytes(expression: string): string | undefined {
  if (/follow/.test(expression)) return undefined;
  const distances = new Set<number>();
  for (const [, digit] of expression.matchAll(/\bc([1-4])\b/g)) distances.add(Number(digit));
  for (const [, digit] of expression.matchAll(/\bdata\[i-(\d+)\]/g)) distances.add(Number(digit));
  const packed = /\bword4(<<8|&65535)?/.exec(expression);
  const packedBytes = packed ? ({ '<<8': 3, '&65535': 2 }[packed[1]] ?? 4) : 0;
  for (let d = 1; d <= packedBytes; d++) distances.add(d);
  if (distances.size === 0) return undefined;
  const sorted = [...distances].sort((a, b) => a - b);
  if (sorted.at(-1) === sorted.length) {
    return sorted.length === 1 ? 'the last byte' : `the last ${sorted.length} bytes`;
  }
  return `the bytes ${sorted.join(', ')} back`;
}
