/** The parts of a model that a search leaves out, and what each costs a program in bytes of decoder. */
import { echoContext } from '../model/echoes';
import type { ModelSpec } from '../model/engine';
import { fitContext, likeliestContext } from '../model/numbers';
import { swapContexts } from '../model/swaps';
import { byParent, byParents } from '../model/tables';

/** What is tried together. */
export interface Part {
  contexts?: string[];
  /** Expressions of weight sets. */
  selectors?: string[];
  /** Least lengths of repeats; with all of them goes what asks for one. */
  matches?: number[];
  /** Whether the opinion goes, or what is expected. */
  opinion?: boolean;
  /** How the report names what it tells. */
  sentence?: string;
  /** Bytes of decoder that it needs. */
  cost: number;
}

/** Parts that tell the same thing. */
export const families = ({ contexts, selectors, matches, expected }: ModelSpec): Part[] => [
  expected
    ? {
        opinion: true,
        sentence: 'Pixels follow from those around them by least squares.',
        cost: 500,
      }
    : {
        contexts: [fitContext, likeliestContext],
        opinion: true,
        sentence: 'Numbers follow from the other numbers of their row, or from sums of them.',
        cost: 1000,
      },
  { contexts: [echoContext], sentence: 'Rows repeat the digits of earlier rows.', cost: 200 },
  { contexts: swapContexts, cost: 100 },
  {
    contexts: [byParent(0), byParent(1), byParents],
    sentence: 'Some columns tell others.',
    cost: 3 * contextCost,
  },
  {
    contexts: contexts.filter((context) => asksForRepeat.test(context)),
    selectors: selectors.map(({ expression }) => expression).filter((e) => asksForRepeat.test(e)),
    matches,
    sentence: 'Longer passages recur.',
    cost: 380,
  },
];

/** Contexts and weight sets that are told of a repeat, and say nothing where none is followed. */
export const asksForRepeat = /\bmatch\b/;

/** A context costs about this many bytes of deflated decoder, and what it is made of some more. */
export const contextCost = 8;
const extraCosts: [RegExp, number][] = [
  [/\bnear\b/, 45],
  [/likeliest/, 20],
  [/\ba0\b/, 35],
  [/\bphase\b/, 60],
];
const priceOf = (context: string): number =>
  extraCosts.reduce((sum, [part, cost]) => sum + (part.test(context) ? cost : 0), contextCost);

/** Contexts that share what costs bytes of decoder, so that they are first tried together. */
const shared: { part: RegExp; cost: number }[] = [
  { part: /follow/, cost: 40 },
  { part: /\b(word|last)\b/, cost: 45 },
];

/** The parts that are left out together, where the model has any of them. */
export const sharedParts = ({ contexts }: ModelSpec): Part[] =>
  shared.map(({ part, cost }) => ({
    contexts: contexts.filter((context) => part.test(context)),
    cost,
  }));

export const contextPart = (context: string): Part => ({
  contexts: [context],
  cost: priceOf(context),
});

/** Every part alone. */
export const singleParts = ({ contexts, selectors, matches }: ModelSpec): Part[] => [
  ...contexts.map(contextPart),
  ...selectors.map(({ expression }) => ({ selectors: [expression], cost: contextCost })),
  ...(matches.length > 1 ? matches.map((least) => ({ matches: [least], cost: 3 })) : []),
];

/** The model without a part. */
export const withoutPart = (
  spec: ModelSpec,
  { contexts, selectors, matches, opinion }: Part,
): ModelSpec => ({
  ...spec,
  contexts: spec.contexts.filter((context) => !contexts?.includes(context)),
  selectors: spec.selectors.filter(({ expression }) => !selectors?.includes(expression)),
  matches: spec.matches.filter((least) => !matches?.includes(least)),
  // To decide bytes quickly makes up for the time that opinions take.
  ...(opinion && { opinion: undefined, expected: undefined, quiet: undefined }),
});

/** How many parts there are to leave out. */
export const sizeOf = ({ contexts, selectors, matches, opinion, expected }: ModelSpec): number =>
  contexts.length + selectors.length + matches.length + (opinion ? 1 : 0) + (expected ? 1 : 0);
