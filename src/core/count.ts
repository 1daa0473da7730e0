/** How a number of things is written in a sentence. */

/** `1,066,440` */
export const formatCount = (count: number): string => Math.round(count).toLocaleString('en-US');

/** `1 tensor`, `2,000 tensors` */
export const plural = (count: number, thing: string): string =>
  `${formatCount(count)} ${thing}${count === 1 ? '' : 's'}`;
