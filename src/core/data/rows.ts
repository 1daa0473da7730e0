/** Rows of numbers, kept in memory while they are few and in a cache file beyond that, or while they still come. */
import { closeSync, mkdirSync, openSync, readSync, unlinkSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { KolmoError } from '../error';

export interface Rows {
  count: number;
  /** Rows that are there already: all of them, but for placed rows. */
  present: number;
  width: number;
  /** Copies row `index` to the front of `into`. */
  read(index: number, into: Float64Array): void;
  /** Visits the rows that are there, a block of whole rows at a time, in the order they came; the block is reused. */
  scan(visit: (block: Float64Array, firstRow: number, rows: number) => void): void;
  close(): void;
}

export interface RowsOptions {
  width: number;
  /** Where the cache file goes. Without a folder all rows stay in memory. */
  cacheFolder?: string;
  /** Rows stay in memory up to this many bytes. */
  memoryBytes: number;
}

const rowsPerBlock = 8192;

/** Collects rows in the order they come. `rows` are whole rows, row-major, and may be reused by the caller. */
export function createRows(options: RowsOptions): {
  append(rows: Float64Array): void;
  finish(): Rows;
  /** Gives back the cache file of rows that will not be finished. */
  discard(): void;
} {
  const { width } = options;
  const blocks: Float64Array[] = [];
  let count = 0;
  let file: CacheFile | undefined;
  let block = new Float64Array(rowsPerBlock * width);
  let filled = 0;
  let stored = 0;

  const append = (rows: Float64Array): void => {
    file!.write(rows, stored);
    stored += rows.length;
  };
  const flush = (): void => {
    const rows = block.subarray(0, filled);
    const bytes = count * width * 8;
    if (!file && options.cacheFolder !== undefined && bytes > options.memoryBytes) {
      file = openCacheFile(options.cacheFolder);
      for (const earlier of blocks.splice(0)) append(earlier);
    }
    if (file) append(rows);
    else {
      blocks.push(filled === block.length ? block : rows.slice());
      if (filled === block.length) block = new Float64Array(rowsPerBlock * width);
    }
    filled = 0;
  };

  return {
    append(rows) {
      for (let from = 0; from < rows.length;) {
        const piece = rows.subarray(from, from + block.length - filled);
        block.set(piece, filled);
        filled += piece.length;
        from += piece.length;
        count += piece.length / width;
        if (filled === block.length) flush();
      }
    },
    finish() {
      if (filled > 0) flush();
      return file
        ? fileRows(file, count, width, [{ first: 0, rows: count }])
        : memoryRows(blocks, count, width);
    },
    discard: () => file?.close(),
  };
}

/**
 * Rows whose count is known before they come and whose places are, in any order; all in a cache file.
 * @returns `place` writes whole rows from row `first` on
 */
export function createPlacedRows({
  count,
  width,
  cacheFolder,
}: {
  count: number;
  width: number;
  cacheFolder: string;
}): { rows: Rows; place(first: number, values: Float64Array): void } {
  const file = openCacheFile(cacheFolder);
  const placed: Range[] = [];
  const rows = { ...fileRows(file, count, width, placed), present: 0 };
  return {
    rows,
    place(first, values) {
      file.write(values, first * width);
      placed.push({ first, rows: values.length / width });
      rows.present += values.length / width;
    },
  };
}

interface Range {
  first: number;
  rows: number;
}

function memoryRows(blocks: Float64Array[], count: number, width: number): Rows {
  return {
    count,
    present: count,
    width,
    read(index, into) {
      const start = (index % rowsPerBlock) * width;
      const block = blocks[Math.floor(index / rowsPerBlock)];
      for (let i = 0; i < width; i++) into[i] = block[start + i];
    },
    scan(visit) {
      blocks.forEach((block, i) => visit(block, i * rowsPerBlock, block.length / width));
    },
    close: () => undefined,
  };
}

function fileRows(file: CacheFile, count: number, width: number, ranges: Range[]): Rows {
  return {
    count,
    present: count,
    width,
    read: (index, into) => file.read(into.subarray(0, width), index * width),
    scan(visit) {
      const block = new Float64Array(rowsPerBlock * width);
      for (const range of ranges) {
        const end = range.first + range.rows;
        for (let first = range.first; first < end; first += rowsPerBlock) {
          const rows = Math.min(rowsPerBlock, end - first);
          const values = block.subarray(0, rows * width);
          file.read(values, first * width);
          visit(values, first, rows);
        }
      }
    },
    close: () => file.close(),
  };
}

interface CacheFile {
  /** Writes `values` from the value at position `start` on. */
  write(values: Float64Array, start: number): void;
  /** Fills `into` from the value at position `start`. */
  read(into: Float64Array, start: number): void;
  close(): void;
}

/** On POSIX the file has no name once it is open, so that a killed process leaves nothing behind. */
const unlinkedAtOnce = process.platform !== 'win32';

/** Throws the sentence for a file that cannot be written to the cache folder. */
export function refuseCache(folder: string, error: unknown): never {
  throw new KolmoError(
    `The cache file in ${folder} cannot be written: ${(error as Error).message}. Make room on the disk, or choose another folder for the run.`,
  );
}

function openCacheFile(folder: string): CacheFile {
  try {
    mkdirSync(folder, { recursive: true });
  } catch (error) {
    refuseCache(folder, error);
  }
  let path = '';
  let descriptor = -1;
  for (let n = 0; descriptor < 0; n++) {
    path = join(folder, `rows-${process.pid}-${n}.bin`);
    try {
      descriptor = openSync(path, 'wx+');
      if (unlinkedAtOnce) unlinkSync(path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') refuseCache(folder, error);
    }
  }
  return {
    write(values, start) {
      const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
      try {
        for (let written = 0; written < bytes.length;) {
          const at = start * 8 + written;
          written += writeSync(descriptor, bytes, written, bytes.length - written, at);
        }
      } catch (error) {
        refuseCache(folder, error);
      }
    },
    read(into, start) {
      const bytes = new Uint8Array(into.buffer, into.byteOffset, into.byteLength);
      const got = readSync(descriptor, bytes, 0, bytes.length, start * 8);
      if (got !== bytes.length) {
        throw new KolmoError(
          `The cache file in ${folder} is shorter than what was written to it: ${got} of ${bytes.length} bytes at offset ${start * 8}. Start again.`,
        );
      }
    },
    close() {
      if (descriptor < 0) return;
      closeSync(descriptor);
      descriptor = -1;
      if (!unlinkedAtOnce) unlinkSync(path);
    },
  };
}
