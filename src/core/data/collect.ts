/** Collect and preprocess: any file or folder of data to a Dataset, by the first reader that takes it. */
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { readError } from '../error';
import { datasetDefaults, type Dataset, type DatasetOptions } from './dataset';
import { readHead } from './files';
import type { CollectEvent, DatasetDescription, Reader } from './reader';
import { readers } from './readers';

export type { CollectEvent, ColumnDescription, DatasetDescription } from './reader';

/**
 * Reads a dataset, splits it and learns its preprocessing on the training split.
 * @param path a folder of images, or any file of the dataset; files that belong to it are found beside it by name
 * @throws KolmoError with a sentence when the data cannot be used
 */
export async function* collect(
  path: string,
  options: Partial<DatasetOptions> = {},
): AsyncGenerator<CollectEvent, Dataset> {
  const reader = await findReader(path);
  return yield* reader.collect(path, { ...datasetDefaults, ...options });
}

/**
 * Looks at a dataset for quick picks: reads at most the heads of large files.
 * What is wrong with the data is told in `problem`; only what cannot be read throws.
 */
export async function describeDataset(path: string): Promise<DatasetDescription> {
  return (await findReader(path)).describe(path);
}

async function findReader(path: string): Promise<Reader> {
  const { takes, head } = await lookAt(path);
  const name = basename(path).toLowerCase();
  // The last row of each kind takes all.
  return Object.values(readers).find(
    (reader) => reader.takes === takes && reader.matches(name, head),
  )!;
}

async function lookAt(path: string): Promise<{ takes: Reader['takes']; head: Uint8Array }> {
  try {
    if ((await stat(path)).isDirectory()) return { takes: 'folder', head: new Uint8Array() };
    return { takes: 'file', head: await readHead(path, 4096) };
  } catch (error) {
    throw readError(error, path);
  }
}
