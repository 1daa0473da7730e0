/** What is said of a large file before its program is written. */
import { mostRivalled, usualBlock } from '../core/program/sizes';
import { formatBytes, formatSeconds } from '../runs/units';

/** From so many bytes on a person is asked whether to begin. */
export const veryLargeFile = 2 ** 30;

/** Bytes of a table or text that one thread codes or a program decodes in a second; images take a third of that time. */
const bytesPerSecond = 200_000;

/** The sentences; nothing for a file of one block, which is soon done. */
export function patience(file: string, size: number, threads: number): string | undefined {
  if (size <= usualBlock) return undefined;
  const count = Math.ceil(size / usualBlock);
  const seconds = ((1 + roundsOf(size, threads)) * size) / bytesPerSecond;
  const blocks = ` They are coded in ${count} blocks on ${threads === 1 ? 'one thread' : `${Math.min(count, threads)} threads`}, each block with tables of its own.`;
  const rivals =
    size > mostRivalled
      ? ' Brotli, xz and zstd are left out, each of which would take longer than the program.'
      : '';
  return `${file} has ${formatBytes(size)}, which take ${formatSeconds(seconds)} or so.${blocks}${rivals} Stop it at any time; nothing is left behind.`;
}

/** The share of its blocks that a thread codes. */
function roundsOf(size: number, threads: number): number {
  const count = Math.ceil(size / usualBlock);
  return Math.ceil(count / threads) / count;
}

/** About what share of the whole time the program takes to be run, which decodes one block after the other. */
export const proofShare = (size: number, threads: number): number =>
  size > usualBlock ? 1 / (1 + roundsOf(size, threads)) : 0.1;
