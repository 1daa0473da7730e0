/** Sizes of model files for badges, hovers, lenses and the model editor: read from the header once for each state of a file. */
import { stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Jobs } from './jobs';
import { findFormat, formats } from '../core/formats/formats';
import { withModelFile, type ModelFile } from '../core/formats/modelFile';
import type { ModelSummary } from '../core/formats/summary';

/** The extension host reads and unpacks at most this much of a file; a longer header is read in a job process. */
const hostBytes = 1_000_000;

export interface ModelSummaries {
  /** Rejects with a sentence when the file is not a model that can be read. */
  of(file: string): Promise<ModelSummary>;
}

interface Known {
  /** The state of every file that was read, by its path, just before it was. */
  stamps: Map<string, string>;
  summary: Promise<ModelSummary>;
}

export function createModelSummaries(jobs: Jobs): ModelSummaries {
  const cache = new Map<string, Known>();
  return {
    of: async (file) => {
      const stamp = await stampOf(file);
      const known = cache.get(file);
      if (known?.stamps.get(file) === stamp && (await isCurrent(known))) return known.summary;
      const stamps = new Map([[file, stamp]]);
      const summary = summarize(file, jobs, async (sibling) => {
        stamps.set(sibling, await stampOf(sibling));
      });
      const made: Known = { stamps, summary };
      cache.set(file, made);
      // What went wrong may have been a passing thing, such as a download that goes on.
      summary.catch(() => {
        if (cache.get(file) === made) cache.delete(file);
      });
      return summary;
    },
  };
}

async function isCurrent({ stamps }: Known): Promise<boolean> {
  const now = await Promise.all(
    [...stamps].map(async ([path, stamp]) => [stamp, await stampOf(path)]),
  );
  return now.every(([before, after]) => before === after);
}

/** Changes with the file; of one that is not there it says so. */
const stampOf = (path: string): Promise<string> =>
  stat(path).then(
    ({ mtimeMs, size }) => `${mtimeMs} ${size}`,
    (error: NodeJS.ErrnoException) => `${error.code}`,
  );

class HeaderTooLong extends Error {}

/** @param beforeSibling is told the path of every other file that is about to be read */
async function summarize(
  path: string,
  jobs: Jobs,
  beforeSibling: (path: string) => Promise<void>,
): Promise<ModelSummary> {
  let left = hostBytes;
  const spend = (bytes: number): void => {
    left -= bytes;
    if (left < 0) throw new HeaderTooLong();
  };
  const limited = (file: ModelFile, folder: string): ModelFile => ({
    ...file,
    read: (offset, length) => {
      spend(Math.max(0, Math.min(length, file.length - offset)));
      return file.read(offset, length);
    },
    unpacking: spend,
    sibling: async (name) => {
      const beside = join(folder, name);
      await beforeSibling(beside);
      const found = await file.sibling(name);
      return found && limited(found, dirname(beside));
    },
  });
  try {
    return await withModelFile(path, async (whole) => {
      const file = limited(whole, dirname(path));
      const format = findFormat(file.name, await file.read(0, 4096));
      return { format, bytes: file.length, ...(await formats[format].read(file)) };
    });
  } catch (error) {
    if (!(error instanceof HeaderTooLong)) throw error;
    return jobs.ask({ type: 'inspect', file: path });
  }
}
