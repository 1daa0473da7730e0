/** Trackers: source text that follows the fields of a table, of JSON or of a log while it is read, one byte behind. */

/** The hash of two integers. */
export const mixSource = `const mix = (a, b) => { a = Math.imul(a ^ Math.imul(b, 1e9 + 7), 3e9 + 9); return a ^ a >>> 15; };`;

/** Which of the trackers' state the `expressions` of a model read: a minifier drops the rest. Numbers are decided by nodes below `nodes`. */
export const usesSource = (expressions: string, nodes = 256): string =>
  `const NODES = ${nodes}, FOLLOWS = ${expressions.includes('follow')}, WORDS = ${/word\b|last/.test(expressions)}, COARSE = ${expressions.includes('parents')}, ABOVES = ${/\ba[01]\b/.test(expressions)}, NEARS = ${/\bnear\b/.test(expressions)}, LIKELIEST = ${expressions.includes('likeliest')}, GUESSES = ${expressions.includes('guess')};`;

/** So much behind a column's own hash in `field` stands that of its number up to the first decimal. */
export const coarse = 256;

/**
 * State that every tracker keeps: the number `col` of the field that byte `i` belongs to, its first byte `start`, the bytes of
 * it so far `at`, their hash `prefix`, the first byte `above` of the last field of this column, whether the two agree (`same`),
 * and per column the hash of its last field (`field`): left of the cursor this row's, right of it the row above's. `guess` is
 * the byte that followed the last four bytes before, and above it how often it has done so since another did.
 */
const fieldState = `
let col = 0, start = 0, at = 0, prefix = 0, above = 0, same = 1, left = 0, left2 = 0, word = 0, last = 0, a0 = 0, a1 = 0, guess = 0, guessing = 0;
const field = new Int32Array(4096), starts = new Int32Array(4096), follow = new Int32Array(256), follow2 = new Int32Array(65536), guesses = new Int32Array(65536);
`;

/** Ends a field and begins column `next`; `ended` is replaced by what the numbers model or an analysis does with the field. */
const nextField = (next: string): string =>
  `{ field[col] = prefix; starts[col] = start; left2 = left; left = prefix; /*ended*/ col = ${next}; start = i; at = prefix = 0; same = 1; above = starts[col]; /*begun*/ }`;

/** What is the same for all: the byte that just came belongs to the field, to a word, and to the memory of what follows what. */
const inField = `{ if (COARSE && c2 === 46) field[col + ${coarse}] = mix(prefix, c1 + 1); same &= data[above + at] === c1; prefix = mix(prefix, c1 + 1); at++; /*inside*/ }`;
const everyByte = `
  if (FOLLOWS) { follow[c2] = follow[c2] << 8 | c1; a2 = c2 | c3 << 8; follow2[a2] = follow2[a2] << 8 | c1; }
  if (WORDS) { const l = c1 | 32; if (l > 96 && l < 123 || c1 > 127) word = mix(word, l); else if (word) last = word, word = 0; }
  if (GUESSES) guesses[guessing] = (guess & 255) === c1 ? guess + 256 : c1, guess = guesses[guessing = Math.imul(word4, 1e9 + 7) >>> 16];
`;
/** Bytes that are not known yet are zeros; above what comes first in its column are the first bytes of the file. */
const lookAbove = `if (ABOVES) a0 = data[above + at], a1 = data[above + at + 1];`;

/** `step` holds the hooks `ended`, `begun` and `inside` as comments, where more may be done with a field. */
export interface Tracker {
  state: string;
  step: string;
}

/** What may be added to a tracker: state, and statements where a field has ended, has begun, and for each of its bytes. */
export interface Hooks {
  state: string;
  ended: string;
  begun: string;
  inside: string;
}

export function withHooks({ state, step }: Tracker, hooks: Hooks[]): Tracker {
  const joined = (part: keyof Hooks): string => hooks.map((hook) => hook[part]).join('\n');
  return {
    state: `${state}${joined('state')}`,
    step: step
      .replaceAll('/*ended*/', joined('ended'))
      .replaceAll('/*begun*/', joined('begun'))
      .replaceAll('/*inside*/', joined('inside')),
  };
}

/** Statements that follow the fields of `data` from end to end with a tracker. */
export const walkSource = ({ state, step }: Tracker): string => `
${mixSource} ${usesSource('')} let c1 = 0, c2 = 0, c3 = 0, a2 = 0; ${state}
for (let i = 0; i < data.length; i++) { ${step} c3 = c2; c2 = c1; c1 = data[i]; }`;

/** Delimited tables: a delimiter inside double quotes is text where there are any, a line feed starts the next row, or the next line of a text in quotes that hold any. */
export const tableTracker = (
  delimiter: number,
  { isQuoted = true, holdsLines = false }: { isQuoted?: boolean; holdsLines?: boolean } = {},
): Tracker => ({
  state: `${fieldState} ${isQuoted ? 'let quoted = 0;' : ''}`,
  step: `${isQuoted ? 'if (c1 === 34) quoted ^= 1;' : ''}
  if (${isQuoted ? '!quoted && ' : ''}c1 === ${delimiter} || c1 === 10) ${nextField(`c1 === 10 ? ${holdsLines ? 'quoted * col' : 0} : col + 1 & 255`)} else ${inField}
  ${everyByte}
  ${lookAbove}`,
});

const jsonFields = (between: { state: string; step: string }): Tracker => ({
  state: `${fieldState} let quoted = 0, escaped = 0, text = 0, key = 0, keys = new Map();${between.state}`,
  step: `if (i) {
  let next = -1;
  if (quoted) {
    if (c1 === 34 && !escaped) quoted = 0, key = text;
    else text = mix(text, c1);
    escaped = c1 === 92 && !escaped ? 1 : 0;
  } else if (c1 === 34) quoted = 1, text = escaped = 0;
  else if (c1 === 58) { keys.has(key) || keys.set(key, keys.size + 1); next = Math.min(keys.get(key), 255); }
  else if (c1 === 44 || c1 === 123 || c1 === 125 || c1 === 91 || c1 === 93) { ${between.step} }
  if (next >= 0) { if (!col) key = left, prefix = 0; ${nextField('next')} if (!col) prefix = mix(key, 5); } else ${inField}
  ${everyByte} }
  ${lookAbove}`,
});

/** JSON: a key is a column, numbered when it is first seen; everything between values is column 0, and so is what arrays hold. */
export const jsonTracker = jsonFields({ state: '', step: 'next = 0;' });

/** JSON, where what arrays hold belongs to the key that they are the value of: so it is told, but seldom predicted better. */
export const keyTracker = jsonFields({
  // Of each open bracket a bit, whether it is an array's.
  state: ' let nest = 0;',
  step: `if (c1 > 44) nest = c1 & 4 ? nest >> 1 : nest << 1 | c1 < 99; next = nest & c1 < 99 ? col : 0;`,
});

/**
 * Logs: fields end at spaces and brackets, and a column is what the words of the line so far say, digits left out. Lines follow
 * one another (`shape1`: the one above), share the first field in brackets (`tag`; `told` is what the last line with it
 * said), and resemble the line above field by field, of which `beside` is the first byte. `twin` is the first byte of the field
 * that followed the last time the same two fields came, as a port follows an address, and `alike` whether this one agrees so far.
 */
export const logTracker: Tracker = {
  state: `${fieldState} let shape = 0, shape1 = 0, tag = 0, told = 0, number = 0, beside = 0, twin = 0, alike = 1; const twins = new Int32Array(65536), numbered = new Int32Array(256), said = new Int32Array(4096);`,
  step: `if (i) {
  if (c1 === 10) { shape1 = said[tag & 4095] = shape; shape = tag = told = 0; }
  else if (c1 < 48 || c1 > 57) shape = mix(shape, c1 + 1);
  if (c1 < 45 || c1 === 47 || c1 > 57 && c1 < 65 || c1 > 90 && c1 < 95) {
    ${nextField('shape & 4095')}
    number = c1 === 10 ? 0 : number + 1 & 255; beside = numbered[number]; numbered[number] = i;
    if (c1 === 93 && !tag) tag = left, told = said[tag & 4095];
    const key = mix(left, left2) & 65535; twin = twins[key]; twins[key] = i; alike = 1;
  } else { alike = alike && twin && data[twin + at] === c1 ? 1 : 0; ${inField} }
  ${everyByte} }
  ${lookAbove}`,
};

/** What the lines of a log tell of one another. */
export const logContexts = [
  'mix(mix(prefix,col),shape1)',
  'mix(mix(a0|a1<<8|c1<<16|same<<24,shape1),at+number*16)',
  'mix(prefix,tag)',
  'mix(mix(prefix,col),told)',
  'mix(mix(prefix,number),beside?data[beside+at]:0)',
  // Numbers grow: what the digit was elsewhere, and by how much this number's last differs from that one's.
  'mix(twin?data[twin+at]|data[twin+at-1]-c1<<8:0,alike|at<<1)',
  'mix(above?a0|data[above+at-1]-c1<<8|a1<<16:0,mix(col,same|at<<1))',
];
