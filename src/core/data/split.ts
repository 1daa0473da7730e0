/** Seeded splits: which examples are held out for validation and for test. */
import { createRandom, shuffled } from '../random';
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
  refuseFew(count, what);
  const order = shuffled(count, createRandom(seed));
  const test = heldOut(count, shares.test);
  const validation = heldOut(count - test, shares.validation);
  // Marking and collecting sorts each part in one pass.
  const partOf = new Uint8Array(count);
  for (let i = 0; i < test + validation; i++) partOf[order[i]] = i < test ? 2 : 1;
  const parts = [
    new Int32Array(count - test - validation),
    new Int32Array(validation),
    new Int32Array(test),
  ];
  const filled = [0, 0, 0];
  for (let i = 0; i < count; i++) parts[partOf[i]][filled[partOf[i]]++] = i;
  return { training: parts[0], validation: parts[1], test: parts[2] };
}

/** @throws KolmoError where so few examples cannot be split */
export function refuseFew(count: number, what: string): void {
  if (count >= fewestExamples) return;
  const found = count === 1 ? '1 usable example' : `${count} usable examples`;
  throw new KolmoError(
    `${what} has ${found}: at least ${fewestExamples} are needed to train, validate and test.`,
  );
}

function heldOut(count: number, share: number): number {
  return share === 0 ? 0 : Math.max(1, Math.round(count * share));
}
