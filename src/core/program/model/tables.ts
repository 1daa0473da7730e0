/** Tables, JSON and logs: what is made of fields. */
import type { Semantics } from '../semantics';
import { clockSource, phaseContext } from './clock';
import { byLastByte, order, type Contexts, type SlowParts } from './contexts';
import { echoContext, echoSource } from './echoes';
import { logContexts, logTracker, withHooks, type Tracker } from './fields';
import { fitContext, likeliestContext, numbersSource, opinion } from './numbers';
import { swapContexts, swapSource } from './swaps';

/** Tables, JSON and logs: the field so far with what stands left of it and above it, and what follows what. `column` is below 256. */
export function fieldModel(tracker: Tracker, semantics?: Semantics, column = 'col'): Contexts {
  const numbers = semantics?.numbers ?? [];
  const parents = semantics?.parents ?? [];
  const sources = [
    ...(numbers.length ? [numbersSource(numbers)] : []),
    ...(semantics?.echoes ? [echoSource] : []),
    ...(semantics?.swap ? [swapSource(semantics.swap)] : []),
    ...(semantics?.clock ? [clockSource(semantics.clock)] : []),
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
      ...Object.values(byNeighbours),
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
      ...(semantics?.swap ? swapContexts : []),
      ...(semantics?.clock ? [phaseContext] : []),
    ],
    selectors: [
      byAgreement,
      { expression: `${column}*16+Math.min(at,15)`, size: 4096 },
      byLastByte,
      { expression: `${column}*4+Math.min(3,match[1]>>3)`, size: 1024 },
    ],
    refine: 'mix(at,col)',
    ...(numbers.length ? { opinion } : {}),
    matches: [6, 16],
  };
}

/**
 * A byte that followed the same four bytes 48 times and more without another is decided quickly, by how often that was, where it
 * is, and what the longest repeat expects.
 */
const guessed: Contexts['quiet'] = {
  when: 'guess > 12287',
  expected: 'guess & 255',
  contexts: ['guess>>9', 'guessing', 'col*60+at', 'match[3]*77+next'],
};

/** Whether the field agrees with the one above so far, and how far that is. */
const byAgreement = { expression: 'same*16+Math.min(at,15)', size: 32 };

/** The field so far beside its column and the fields to the left and above; of the one above also the next bytes. */
const byNeighbours = {
  column: 'mix(prefix,col)',
  above: 'mix(a0|a1<<8|c1<<16|same<<24,col+Math.min(at,15)*99)',
  left: 'mix(mix(prefix,left),col)',
  last: 'mix(mix(prefix,field[col]),col)',
  secondLeft: 'mix(mix(prefix,left2),col)',
  bothLeft: 'mix(mix(left,left2),prefix)',
};

/** Contexts of tables that tell a log's lines little beside `logContexts`; the search tries them again. */
const seldomInLogs = [order[3], order[5], order[6], ...Object.values(byNeighbours), 'c2|c3<<8'];

/** Logs: as tables, and what the lines tell of one another. */
export function logModel(): Contexts {
  const fields = fieldModel(logTracker, undefined, '(col&255)');
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
  `mix(mix(prefix,field[parents[col*2${rank ? `+${rank}` : ''}]]),col+${rank + 1}*4096)`;
export const byParents = 'mix(mix(prefix,field[parents[col*2]]),mix(field[parents[col*2+1]],col))';

export const slowFields: SlowParts = {
  contexts: [
    order[1],
    order[4],
    order[5],
    order[6],
    'c2|c3<<8',
    byNeighbours.column,
    byNeighbours.left,
    byNeighbours.last,
    byNeighbours.secondLeft,
    byNeighbours.bothLeft,
    byParent(1),
    'mix(mix(word,last),23)',
    'mix(match[3]|match[1]<<9,col)',
    'mix(col,at+999)',
    'mix(follow[c1]&65535,c1)',
    'mix(follow2[c1|c2<<8]&65535,c1)',
    likeliestContext,
  ],
  selectors: [byAgreement.expression, byLastByte.expression],
  matches: [16],
  leastError: 5e-4,
  quiet: guessed,
};

/** Of logs the repeats go, too, as the lines tell of one another. */
export const slowLog: SlowParts = {
  contexts: [
    order[1],
    'mix(prefix,88)',
    'mix(word,col)',
    'mix(match[3]|match[1]<<9,col)',
    'mix(follow[c1]&65535,c1)',
    'mix(mix(prefix,col),shape1)',
  ],
  selectors: [
    byAgreement.expression,
    '(col&255)*16+Math.min(at,15)',
    '(col&255)*4+Math.min(3,match[1]>>3)',
    'shape1&255',
  ],
  matches: [4, 8, 20],
  leastError: 5e-4,
};

/** Contexts that only some tables and JSON files have a use for, and some logs. */
export const fieldExtras = [
  'mix(word,c1)',
  'mix(mix(prefix,field[0]),col+77)',
  'mix(mix(prefix,field[1]),col+78)',
  'mix(mix(prefix,a0|a1<<8),99)',
  'mix(mix(word,last),col)',
];
export const logExtras = [...fieldExtras, ...seldomInLogs];
