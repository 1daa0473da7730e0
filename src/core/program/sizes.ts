/** From which sizes on a file's program is made in another way, in bytes. */

/** Longer files are coded in blocks. */
export const mostWhole = 2 ** 25;

/**
 * Most bytes of a block, but for the rest of its last line. The table of contexts is full by then, and a program that decodes
 * one block at a time stays about as small in memory as that of a small file.
 */
export const usualBlock = 3 * 2 ** 23;

/** Of longer files brotli, xz and zstd are not measured: each would take longer than the program itself. */
export const mostRivalled = 2 ** 27;
