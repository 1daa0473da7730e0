/** Sizes of model files for badges, hovers, lenses and the model editor: read from the header once for each state of a file. */
import { stat } from 'node:fs/promises';
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

export function createModelSummaries(jobs: Jobs): ModelSummaries {
  const cache = new Map<string, { stamp: string; summary: Promise<ModelSummary> }>();
  return {
    of: async (file) => {
      const { mtimeMs, size } = await stat(file);
      const stamp = `${mtimeMs} ${size}`;
      const known = cache.get(file);
      if (known?.stamp === stamp) return known.summary;
      const summary = summarize(file, jobs);
      cache.set(file, { stamp, summary });
      return summary;
    },
  };
}

class HeaderTooLong extends Error {}

async function summarize(path: string, jobs: Jobs): Promise<ModelSummary> {
  let left = hostBytes;
  const spend = (bytes: number): void => {
    left -= bytes;
    if (left < 0) throw new HeaderTooLong();
  };
  const limited = (file: ModelFile): ModelFile => ({
    ...file,
    read: (offset, length) => {
      spend(Math.max(0, Math.min(length, file.length - offset)));
      return file.read(offset, length);
    },
    unpacking: spend,
    sibling: async (name) => {
      const found = await file.sibling(name);
      return found && limited(found);
    },
  });
  try {
    return await withModelFile(path, async (whole) => {
      const file = limited(whole);
      const format = findFormat(file.name, await file.read(0, 4096));
      return { format, bytes: file.length, ...(await formats[format].read(file)) };
    });
  } catch (error) {
    if (!(error instanceof HeaderTooLong)) throw error;
    return jobs.ask({ type: 'inspect', file: path });
  }
}
