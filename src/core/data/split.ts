/** Seeded splits: which examples are held out for validation and for test. */
import { formatCount } from '../count';
import { createRandom, shuffled } from '../random';
import { KolmoError } from '../error';
import type { SplitName } from './dataset';

export type SplitIndices = Record<SplitName, Int32Array>;

/** What is held out: of all examples for `test`, of what remains for `validation`; undefined where there are files of their own. */
type Shares = Record<Exclude<SplitName, 'training'>, number | undefined>;

/** Fewer examples than this cannot be split into three parts that mean anything. */
const fewestExamples = 10;

/**
 * Splits examples 0..count-1 by a seeded shuffle; each part is in ascending order, so that it is read forwards.
 * @throws KolmoError where there are too few examples, or the shares leave none to train on
 */
export function splitIndices(
  count: number,
  shares: Shares,
  seed: number,
  what: string,
): SplitIndices {
  refuseShares(shares);
  refuseFew(count, what);
  const order = shuffled(count, createRandom(seed));
  const test = heldOut(count, shares.test);
  const validation = heldOut(count - test, shares.validation);
  if (test + validation >= count)
    throw nothingToTrainOn(`${formatCount(count)} examples of ${what}`);
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

/** @throws KolmoError that names the share which is out of range */
export function refuseShares(shares: Shares): void {
  for (const [name, share] of Object.entries(shares)) {
    if (share === undefined || (share > 0 && share < 1)) continue;
    throw new KolmoError(
      `The ${name} share is ${share}: expected a fraction between 0 and 1, as a model is measured on what is held out.`,
    );
  }
}

/** @param examples how many there are in all, and of what */
export function nothingToTrainOn(examples: string): KolmoError {
  return new KolmoError(
    `The ${examples} leave none to train on: lower the validation share or the test share.`,
  );
}

/** @throws KolmoError where so few examples cannot be split */
export function refuseFew(count: number, what: string): void {
  if (count >= fewestExamples) return;
  const found = count === 1 ? '1 usable example' : `${count} usable examples`;
  throw new KolmoError(
    `${what} has ${found}: at least ${fewestExamples} are needed to train, validate and test.`,
  );
}

function heldOut(count: number, share: number | undefined): number {
  return share === undefined ? 0 : Math.max(1, Math.round(count * share));
}
