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
  const rounds = Math.ceil(count / threads) / count;
  const seconds = ((1 + rounds) * size) / bytesPerSecond;
  const blocks = ` They are coded in ${count} blocks on ${Math.min(count, threads)} threads, each block with tables of its own.`;
  const rivals =
    size > mostRivalled
      ? ' Brotli, xz and zstd are left out, each of which would take longer than the program.'
      : '';
  return `${file} has ${formatBytes(size)}, which take ${formatSeconds(seconds)} or so.${blocks}${rivals} Stop it at any time; nothing is left behind.`;
}
