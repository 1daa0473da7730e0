/** From which sizes on a file's program is made in another way, in bytes. */

/** Shorter files are also given the small predictor. */
export const smallFile = 2 ** 17;

/**
 * Longer files are coded in blocks of at most so many bytes, but for the rest of their last lines. The table of contexts is full
 * by then, and a program that holds one block at a time decodes in 160 MB.
 */
export const usualBlock = 2 ** 24;

/** Of longer files brotli, xz and zstd are not measured: each would take longer than the program itself. */
export const mostRivalled = 2 ** 27;
