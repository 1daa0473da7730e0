/** Text: words predict words. */
import { order, type Contexts } from './contexts';

export const textModel: Contexts = {
  state: 'let word = 0, letters = 0, last = 0, before = 0, line = 0, lineUp = 0;',
  step: `if (c1 === 10) lineUp = line, line = i; if (i) { const l = c1 | 32; if (l > 96 && l < 123 || c1 > 127) word = mix(word, l), letters = Math.min(15, letters + 1); else if (word) before = last, last = word, word = letters = 0; }`,
  contexts: [
    '0',
    order[1],
    order[2],
    order[3],
    order[4],
    order[6],
    'mix(word,c1)',
    'mix(word,last)',
    'mix(mix(word,before),last)',
    'mix(i-line,line?data[lineUp+i-line]:0)',
    'mix(i-line,word?1:c1)',
    'mix(Math.max(0,i-line-50),word)',
    // What the longest repeat expects.
    'mix(match[3],c1|c2<<8)',
  ],
  selectors: [
    { expression: 'letters*32+match[2]', size: 512 },
    // What kind of byte each of the last four was: a control, a sign, a capital, a small letter, or beyond ASCII.
    { expression: '(c1>>5)|(c2>>5)<<3|(c3>>5)<<6|(c4>>5)<<9', size: 4096 },
  ],
  refine: order[2],
  matches: [6, 12],
};

/** Contexts that only some texts have a use for. */
export const textExtras = [
  'mix(letters,c1|c2<<8)',
  'mix(word,0)',
  'mix(word,c2+512)',
  'mix(before,word)',
  order[5],
  'mix(letters,mix(last,c1))',
];
