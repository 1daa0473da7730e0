/** How a number of things is written in a sentence. */

/** `1,066,440` */
export const formatCount = (count: number): string => Math.round(count).toLocaleString('en-US');
