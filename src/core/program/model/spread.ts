/**
 * How the errors of what was expected are spread, as source text: `shape` counts those below each of 33 places, which lie the closer
 * the smaller errors are, in units of their usual `breadth`. `odds` is the kernel's table of the log-odds of shares of 4096.
 */

/** Of no errors yet: all places are as likely. */
export const noErrors = 'doubles(34).map((_, j) => j / 4)';

/** Where an error of this absolute value stands among the places, as a fraction. */
export const placeOf = (error: string, size: string): string =>
  `16 + 16 * ${error} / (breadth + ${size})`;

/** How many errors were below the place `u`, between `j`, which it is rounded down to, and the next. */
export const errorsBelow = 'shape[j] + (u - j) * (shape[j + 1] - shape[j])';

/** Counts an error. */
export const countError = (error: string, size: string): string =>
  `for (let j = ${placeOf(error, size)} | 0; j++ < 32; ) shape[j]++;`;

/** What is thought of a decision of whose errors `all`, so many lie on the side of a one; nothing where there are none. */
export const oddsOf = (ones: string, all: string): string =>
  `odds[(4095 * ${ones} + 2048e-9) / (${all} + 1e-9) | 0]`;
