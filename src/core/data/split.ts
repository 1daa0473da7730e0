/** Seeded splits: which examples are held out for validation and for test. */
import { createRandom, shuffle } from '../random';
import { KolmoError } from '../error';
import type { SplitName } from './dataset';

export type SplitIndices = Record<SplitName, Int32Array>;

/** Fewer examples than this cannot be split into three parts that mean anything. */
const fewestExamples = 10;

/**
 * Splits examples 0..count-1 by a seeded shuffle; each part is in ascending order, so that it is read forwards.
 * @param shares of all examples for `test`, of what remains for `validation`
 */
export function splitIndices(
  count: number,
  shares: { validation: number; test: number },
  seed: number,
  what: string,
): SplitIndices {
  for (const [name, share] of Object.entries(shares)) {
    if (!(share >= 0 && share < 1)) {
      throw new KolmoError(
        `The ${name} share is ${share}: expected a fraction from 0 up to, but not including, 1.`,
      );
    }
  }
  if (count < fewestExamples) {
    throw new KolmoError(
      `${what} has ${count} usable examples: at least ${fewestExamples} are needed to train, validate and test.`,
    );
  }
  const order = Int32Array.from({ length: count }, (_, i) => i);
  shuffle(order, createRandom(seed));
  const test = heldOut(count, shares.test);
  const validation = heldOut(count - test, shares.validation);
  return {
    test: order.slice(0, test).sort(),
    validation: order.slice(test, test + validation).sort(),
    training: order.slice(test + validation).sort(),
  };
}

function heldOut(count: number, share: number): number {
  return share === 0 ? 0 : Math.max(1, Math.round(count * share));
}
