/** Rows of numbers, kept in memory while they are few and in a cache file beyond that. */
import { closeSync, mkdirSync, openSync, readSync, unlinkSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { KolmoError } from '../error';

export interface Rows {
  count: number;
  width: number;
  /** Copies row `index` to the front of `into`. */
  read(index: number, into: Float64Array): void;
  /** Visits all rows in order, a block of whole rows at a time; the block is reused. */
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

  const flush = (): void => {
    const rows = block.subarray(0, filled);
    const bytes = count * width * 8;
    if (!file && options.cacheFolder !== undefined && bytes > options.memoryBytes) {
      file = openCacheFile(options.cacheFolder);
      for (const earlier of blocks.splice(0)) file.append(earlier);
    }
    if (file) file.append(rows);
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
      return file ? fileRows(file, count, width) : memoryRows(blocks, count, width);
    },
    discard: () => file?.close(),
  };
}

function memoryRows(blocks: Float64Array[], count: number, width: number): Rows {
  return {
    count,
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

function fileRows(file: CacheFile, count: number, width: number): Rows {
  return {
    count,
    width,
    read: (index, into) => file.read(into.subarray(0, width), index * width),
    scan(visit) {
      const block = new Float64Array(rowsPerBlock * width);
      for (let first = 0; first < count; first += rowsPerBlock) {
        const rows = Math.min(rowsPerBlock, count - first);
        const values = block.subarray(0, rows * width);
        file.read(values, first * width);
        visit(values, first, rows);
      }
    },
    close: () => file.close(),
  };
}

interface CacheFile {
  append(values: Float64Array): void;
  /** Fills `into` from the value at position `start`. */
  read(into: Float64Array, start: number): void;
  close(): void;
}

/** On POSIX the file has no name once it is open, so that a killed process leaves nothing behind. */
const unlinkedAtOnce = process.platform !== 'win32';

function openCacheFile(folder: string): CacheFile {
  const fail = (error: unknown): never => {
    throw new KolmoError(
      `The cache file in ${folder} cannot be written: ${(error as Error).message}. Make room on the disk, or choose another cache folder.`,
    );
  };
  try {
    mkdirSync(folder, { recursive: true });
  } catch (error) {
    fail(error);
  }
  let path = '';
  let descriptor = -1;
  for (let n = 0; descriptor < 0; n++) {
    path = join(folder, `rows-${process.pid}-${n}.bin`);
    try {
      descriptor = openSync(path, 'wx+');
      if (unlinkedAtOnce) unlinkSync(path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') fail(error);
    }
  }
  let end = 0;
  return {
    append(values) {
      const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
      try {
        for (let written = 0; written < bytes.length;) {
          written += writeSync(descriptor, bytes, written, bytes.length - written, end + written);
        }
      } catch (error) {
        fail(error);
      }
      end += bytes.length;
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
