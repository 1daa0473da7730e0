/** The numbers that a setting may have: what a flag, a file and an input box say of them. */

export interface Range {
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
  integer?: boolean;
}

/** Seeds are stored as 31 bits; the setting of VS Code has the same limits. */
export const seedRange = { minimum: 0, maximum: 2 ** 31 - 1 };

/** More threads than any machine has cores only wait for each other; the setting of VS Code has the same limit. */
export const threadRange = { minimum: 1, maximum: 256 };

export function isWithin(
  value: number,
  { minimum = -Infinity, maximum = Infinity, exclusiveMinimum, integer }: Range,
): boolean {
  return (
    value >= minimum &&
    value <= maximum &&
    (exclusiveMinimum === undefined || value > exclusiveMinimum) &&
    (!integer || Number.isInteger(value))
  );
}

/** `a whole number from 2 to 256` */
export function rangeText({ minimum, maximum, exclusiveMinimum, integer }: Range): string {
  const kind = integer ? 'a whole number' : 'a number';
  const least = minimum ?? exclusiveMinimum;
  if (least === undefined) return kind;
  const from = exclusiveMinimum === undefined ? 'from' : 'above';
  if (maximum !== undefined) {
    return `${kind} ${from} ${least}${from === 'from' ? ' to' : ', and at most'} ${maximum}`;
  }
  return from === 'from' ? `${kind} of at least ${least}` : `${kind} above ${least}`;
}
