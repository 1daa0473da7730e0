/** Which contexts predict which kind of file: one model per syntax, to be thinned by the encoder's search. */
import type { Syntax } from '../syntax';
import { bitsFor, frontOf, type ModelSpec } from './engine';
import { echoContext, echoSource } from './echoes';
import {
  jsonTracker,
  logContexts,
  logTracker,
  tableTracker,
  withHooks,
  type Tracker,
} from './fields';
import { alternate, minimalByteContexts, minimalTextContexts, type MinimalSpec } from './minimal';
import type { NetworkInputs } from './network';
import { rasterModel } from './rasters';
import { residualModel } from './residuals';
import { fitContext, likeliestContext, numbersSource } from './numbers';
import { swapContext, swapSource } from './swaps';
import type { Semantics } from '../semantics';

/** The tracker of a syntax that has fields. */
export function trackerFor(syntax: Syntax): Tracker | undefined {
  if (syntax.type === 'table') return tableTracker(syntax.delimiter);
  if (syntax.type === 'json') return jsonTracker;
  return syntax.type === 'log' ? logTracker : undefined;
}

/** The full model for a file of `size` bytes, with what is known of its columns. */
export function modelFor(syntax: Syntax, size: number, semantics?: Semantics): ModelSpec {
  const shared = { type: 'mixing' as const, tableBits: tableBits(size), rate: 0.0008 };
  switch (syntax.type) {
    case 'table':
      return { ...shared, ...fieldModel(tableTracker(syntax.delimiter), semantics) };
    case 'json':
      return { ...shared, ...fieldModel(jsonTracker, semantics) };
    case 'log':
      return { ...shared, ...logModel(), rate: 0.001 };
    case 'text':
      return { ...shared, ...textModel };
    case 'image':
      return { ...shared, ...imageModel(syntax) };
    case 'raster':
      return { ...shared, ...rasterModel(syntax), rate: 0.003 };
    case 'residuals':
      return { ...shared, ...residualModel(syntax) };
    case 'records':
      return { ...shared, ...recordModel(syntax) };
    case 'bytes':
      return { ...shared, ...byteModel };
    default:
      return syntax satisfies never;
  }
}

/** What a network is shown of a kind of file; nothing of those that have none. */
export function networkInputsFor(syntax: Syntax): NetworkInputs | undefined {
  return syntax.type === 'image' ? imageInputs(syntax) : undefined;
}

/** `spec` with what a program of images tells in front of them. */
export function withFront(
  spec: ModelSpec,
  syntax: Syntax,
  front: Pick<ModelSpec, 'network' | 'resampling'>,
): ModelSpec {
  if (syntax.type !== 'image') return spec;
  const header = syntax.header + frontOf(front).length;
  const boxes = front.resampling && (front.network?.weights.length ?? 0);
  const { state, step, quiet } = imageModel({ ...syntax, header, boxes });
  return { ...spec, state, step, quiet, ...front };
}

/** Contexts that only some files of a kind have a use for; the encoder's search adds those that pay. */
export function extraContexts({ type }: Syntax): string[] {
  if (type === 'image' || type === 'raster' || type === 'residuals') return [];
  const text = [
    'mix(letters,c1|c2<<8)',
    'mix(word,c2+512)',
    'mix(before,word)',
    order[5],
    'mix(letters,mix(last,c1))',
  ];
  const fields = [
    'mix(word,c1)',
    'mix(mix(prefix,field[0]),col+77)',
    'mix(mix(prefix,field[1]),col+78)',
    'mix(mix(prefix,a0|a1<<8),99)',
    'mix(mix(word,last),col)',
  ];
  const own = {
    text,
    table: fields,
    json: fields,
    log: [...fields, ...seldomInLogs],
    records: ['c2|c3<<8'],
    bytes: [],
  };
  return [...own[type], 'mix(mix(word4,data[i-5]|data[i-6]<<8|data[i-7]<<16),data[i-8])'];
}

/**
 * The model without what costs time and saves little: more than half of the contexts of texts, fewer of tables, and some of
 * their weight sets and repeats, measured on one file of each kind. Other kinds are left as they are.
 */
export function fastModel(full: ModelSpec, { type }: Syntax): ModelSpec {
  const slow = slowParts[type];
  if (!slow) return full;
  return {
    ...full,
    contexts: full.contexts.filter((context) => !slow.contexts.includes(context)),
    selectors: full.selectors.filter(({ expression }) => !slow.selectors.includes(expression)),
    matches: full.matches.filter((least) => !slow.matches.includes(least)),
  };
}

/** The model with the smallest decoder for a file of `size` bytes. */
export function minimalModelFor(syntax: Syntax, size: number): MinimalSpec {
  const text: Syntax['type'][] = ['table', 'json', 'log', 'text'];
  const binary = !text.includes(syntax.type);
  return {
    type: 'minimal',
    contexts: binary ? minimalByteContexts : minimalTextContexts,
    tableBits: bitsFor(size * 16, 12, 22),
  };
}

/** At most 2^24 integers, 64 MB, so that a program decodes in 160 MB; small files do with less. */
const tableBits = (size: number): number => bitsFor(size * 100, 16, 24);

export type Contexts = Omit<ModelSpec, 'type' | 'tableBits' | 'rate'>;

const order = {
  1: 'c1',
  2: 'c1|c2<<8',
  3: 'word4<<8',
  4: 'word4',
  5: 'mix(word4,data[i-5])',
  6: 'mix(word4,data[i-5]|data[i-6]<<8)',
};
const byMatch = { expression: 'match[2]', size: 32 };
const byLastByte = { expression: 'c1', size: 256 };

/** How far the word is, and how long the repeat. */
const byWord = { expression: 'letters*32+match[2]', size: 512 };

/** What kind of byte each of the last four was: a control, a sign, a capital, a small letter, or beyond ASCII. */
const byLastKinds = {
  expression: '(c1>>5)|(c2>>5)<<3|(c3>>5)<<6|(c4>>5)<<9',
  size: 4096,
};

/** What the longest repeat expects, after the last two bytes. */
const byRepeat = 'mix(match[3],c1|c2<<8)';

const textModel: Contexts = {
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
    byRepeat,
  ],
  selectors: [{ expression: 'letters*32+match[2]', size: 512 }, byLastKinds],
  refine: order[2],
  matches: [6, 12],
};

interface SlowParts {
  contexts: string[];
  selectors: string[];
  matches: number[];
}

const slowText: SlowParts = {
  contexts: [
    '0',
    order[2],
    order[4],
    order[6],
    'mix(mix(word,before),last)',
    'mix(i-line,line?data[lineUp+i-line]:0)',
    'mix(Math.max(0,i-line-50),word)',
    byRepeat,
  ],
  selectors: [byWord.expression],
  matches: [12],
};

const slowFields: SlowParts = {
  contexts: [
    order[1],
    order[3],
    order[5],
    order[6],
    'c2|c3<<8',
    'mix(mix(left,left2),prefix)',
    'mix(mix(word,last),23)',
    'mix(match[3]|match[1]<<9,col)',
    'mix(follow[c1]&65535,c1)',
    'mix(follow2[c1|c2<<8]&65535,c1)',
  ],
  selectors: [byLastByte.expression],
  matches: [],
};

const slowParts: Partial<Record<Syntax['type'], SlowParts>> = {
  text: slowText,
  table: slowFields,
  json: slowFields,
};

/** Tables, JSON and logs: the field so far with what stands left of it and above it, and what follows what. */
function fieldModel(tracker: Tracker, semantics?: Semantics): Contexts {
  const numbers = semantics?.numbers ?? [];
  const parents = semantics?.parents ?? [];
  const sources = [
    ...(numbers.length ? [numbersSource(numbers)] : []),
    ...(semantics?.echoes ? [echoSource] : []),
    ...(semantics?.swap ? [swapSource(semantics.swap)] : []),
  ];
  const hooked = withHooks(tracker, sources);
  const table = parents.flatMap(([first, second]) => [first, second]);
  const told = parents.length ? [byParent(0), byParent(1), byParents] : [];
  const expected = numbers.length ? [fitContext, likeliestContext] : [];
  return {
    state: `${parents.length ? `const parents = [${table.join()}];` : ''}${hooked.state}`,
    step: hooked.step,
    contexts: [
      ...Object.values(order),
      'mix(prefix,col)',
      byAbove,
      'mix(mix(prefix,left),col)',
      'mix(mix(prefix,field[col]),col)',
      'mix(mix(prefix,left2),col)',
      'mix(mix(left,left2),prefix)',
      'mix(prefix,88)',
      'mix(word,col)',
      'mix(mix(word,last),23)',
      'mix(match[3]|match[1]<<9,col)',
      'mix(col,at+999)',
      'c2|c3<<8',
      'mix(follow[c1]&65535,c1)',
      'mix(follow2[c1|c2<<8]&65535,c1)',
      ...told,
      ...expected,
      ...(semantics?.echoes ? [echoContext] : []),
      ...(semantics?.swap ? [swapContext] : []),
    ],
    selectors: [
      { expression: 'same*16+Math.min(at,15)', size: 32 },
      { expression: '(col&255)*16+Math.min(at,15)', size: 4096 },
      byLastByte,
      { expression: '(col&255)*4+Math.min(3,match[1]>>3)', size: 1024 },
    ],
    refine: 'mix(match[3],col)',
    ...(numbers.length ? { opinion: true } : {}),
    matches: [6, 16],
  };
}

/** The bytes above, whether the field agrees with them so far, and the place in it. */
const byAbove = 'mix(a0|a1<<8|c1<<16|same<<24,col+Math.min(at,15)*99)';

/** Contexts of tables that tell a log's lines little beside `logContexts`; the search tries them again. */
const seldomInLogs = [
  order[3],
  order[5],
  order[6],
  'mix(prefix,col)',
  byAbove,
  'mix(mix(prefix,left),col)',
  'mix(mix(prefix,field[col]),col)',
  'mix(mix(prefix,left2),col)',
  'mix(mix(left,left2),prefix)',
  'c2|c3<<8',
];

/** Logs: as tables, and what the lines tell of one another. */
function logModel(): Contexts {
  const fields = fieldModel(logTracker);
  return {
    ...fields,
    contexts: [
      ...fields.contexts.filter((context) => !seldomInLogs.includes(context)),
      ...logContexts,
    ],
    selectors: [
      ...fields.selectors.filter((set) => set !== byLastByte),
      { expression: 'number*8+Math.min(at,7)', size: 2048 },
      { expression: 'shape1&255', size: 256 },
    ],
    matches: [4, 8, 20],
  };
}

/** The field so far together with the field that tells most about it, the second such, or both. */
export const byParent = (rank: number): string =>
  `mix(mix(prefix,field[parents[col*2+${rank}]|0]),col+${rank + 1}*4096)`;
export const byParents =
  'mix(mix(prefix,field[parents[col*2]|0]),mix(field[parents[col*2+1]|0],col))';

/** Records: the bytes above, to the left and above the left, at each place of the record. */
const recordModel = ({ stride, header }: { stride: number; header: number }): Contexts => ({
  state: 'let place = 0, up = 0, up2 = 0, upLeft = 0, upRight = 0;',
  step: `place = (i + ${stride - (header % stride)}) % ${stride};
  up = i < ${stride} ? 0 : data[i - ${stride}]; up2 = i < ${2 * stride} ? 0 : data[i - ${2 * stride}];
  upLeft = i > ${stride} ? data[i - ${stride + 1}] : 0; upRight = i < ${stride} ? 0 : data[i - ${stride - 1}];`,
  contexts: [
    order[1],
    order[2],
    order[3],
    order[4],
    order[6],
    'place',
    'place<<8|up',
    'place<<8|c1',
    'mix(up|up2<<8,place)',
    'mix(up|c1<<8,place)',
    'mix(up|upLeft<<8|upRight<<16,place)',
    'mix(c1|c2<<8|up<<16,place)',
    'mix(c1+up-upLeft&255,place)',
    ...Object.values(alternate),
  ],
  selectors: [byMatch, { expression: 'place&511', size: 512 }, byLastByte],
  refine: 'up|place<<8',
  matches: [4, 12],
});

const byteModel: Contexts = {
  state: '',
  step: '',
  contexts: [
    '0',
    ...Object.values(order),
    'c2',
    'c2|c3<<8',
    'c3',
    'c4',
    ...Object.values(alternate),
  ],
  selectors: [byMatch, byLastByte],
  refine: order[2],
  matches: [5, 12],
};

/** Pixels around, as steps to the right and up: those that tell most come first. */
const around = [
  [-1, 0],
  [0, 1],
  [-1, 1],
  [1, 1],
  [-2, 0],
  [0, 2],
  [-1, 2],
  [1, 2],
  [-2, 1],
  [2, 1],
  [-3, 0],
  [0, 3],
  [-2, 2],
  [2, 2],
  [3, 1],
  [-3, 1],
];

/** Pixels of background between two rows, and above the first, so that what lies around a pixel is always there. */
const margin = 4;

/**
 * Images: a pixel's neighbours, exactly and coarsely, a gradient, its place in the image or, where that is known, in the box that
 * was drawn to, and what this image has held so far, since grey levels recur where edges do. Background comes first and is one
 * decision, a quick one where there is nothing else around.
 */
const imageModel = ({
  width,
  height,
  header,
  boxes,
}: {
  width: number;
  height: number;
  header: number;
  /** Where in front of the images two bytes an image tell, as Resampling does, where its box is; without them all begin at 0. */
  boxes?: number;
}): Contexts => {
  const row = width + margin;
  const [pixels, size] = [width * height, row * (height + margin) + margin];
  const at = (right: number, up: number): string => `known[spot-${up * row - right}]`;
  return {
    state: `let edge = 0, top = 0, left = 0, place = 0, px = 0, py = 0, image = 0, spot = 0, ink = 0;
  const known = new Uint8Array(${size}), around = [${around.map(([right, up]) => up * row - right).join()}];`,
    step: `known[spot] = c1; if (c1) ink = i; const nth = i - ${header}, at = nth < 0 ? 0 : nth % ${pixels}; image = nth / ${pixels} | 0; if (!at) { known.fill(0); ${boxes === undefined ? '' : `if (nth >= 0) edge = data[${boxes} + 2 * image], top = data[${boxes + 1} + 2 * image], left = top & 15, top >>= 4;`} }
  px = at % ${width}; py = at / ${width} | 0; place = ${boxes === undefined ? 'at' : `at + ${16 * width} - top * ${width} - left`}; spot = (py + ${margin}) * ${row} + px + ${margin};
  let shape = 0, rough = 0, smooth = 0;
  for (let k = ${around.length}; k--; ) { const v = known[spot - around[k]]; shape = shape << 2 | (v > 0) + (v > 128) + (v > 250); rough = rough << 3 | v >> 5; smooth = smooth << 4 | v >> 4; }
  const near = shape & 0xfffff, w = ${at(-1, 0)}, n = ${at(0, 1)}, nw = ${at(-1, 1)}, ne = ${at(1, 1)}, ww = ${at(-2, 0)}, nn = ${at(0, 2)};`,
    quiet: {
      when: 'nth >= 0 && !near',
      contexts: ['place', 'shape>>>20', '(i-ink>at?127:(i-ink)/28|0)*32+px', 'i-ink>at'],
    },
    contexts: [
      'place',
      'w|n<<8|nw<<16',
      'w|n<<8|ne<<16',
      'mix(w|n<<8|ne<<16|nw<<24,ww)',
      'w|ww<<8',
      'n|nn<<8',
      'rough&0x3fffffff',
      'near',
      '(n+w-nw&255)|ne<<8',
      'w*3+n*3+nw+ne*2+(ww>>1)+(nn>>1)>>3',
      'smooth&0xfffff',
      'mix(image,1)',
      'mix(image,w+2)',
      'mix(image,n+258)',
      'mix(image,px<<10|near&207)',
      'mix(image,py<<10|near&207|1<<9)',
    ],
    selectors: [{ expression: 'near&255', size: 256 }],
    refine: 'near',
    sole: 0,
    matches: [],
  };
};

/** The pixels four rows up and four columns to the sides that are known, and the place; where all around is background, nothing. */
const imageInputs = ({ width, height }: { width: number; height: number }): NetworkInputs => ({
  count: 4 + 4 * 9 + 2,
  source: `let k = 0; for (let dy = 0; dy < 5; dy++) for (let dx = -4; dx < (dy ? 5 : 0); dx++) x[k++] = known[spot - dy * ${width + margin} + dx];
  x[k++] = px * 255 / ${width}; x[k] = py * 255 / ${height};`,
  when: 'near',
});
