/** What a path holds that surprisal can be measured of, told from a look at its beginning. */
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { readHead } from '../core/data/files';
import { isGzip, readHeader, unpackHeader } from '../core/data/idxFile';
import { seemsImageFolder } from '../core/data/imageFiles';
import { KolmoError, readError } from '../core/error';
import { stackOf, type Stack } from '../core/program/syntax/media';
import { sizeOf } from '../core/shape';

export type Measurable =
  | { type: 'imageFolder' }
  /** `size` is that of what is measured: of packed images, when they are unpacked. */
  | { type: 'file'; size: number; stack?: Stack; isPacked?: true };

/** @throws KolmoError where there is nothing to measure */
export async function lookAt(path: string): Promise<Measurable> {
  const found = await stat(path).catch((error: unknown) => {
    throw readError(error, path);
  });
  if (found.isDirectory()) {
    if (await seemsImageFolder(path)) return { type: 'imageFolder' };
    throw new KolmoError(
      `${path} is a folder: name a file, or a folder of images (PNG, JPEG, BMP) or of folders with those of a class each.`,
    );
  }
  if (!found.isFile()) throw new KolmoError(`${path} is neither a file nor a folder: name one.`);
  const { size } = found;
  const head = await readHead(path, headBytes).catch((error: unknown) => {
    throw readError(error, path);
  });
  const packed = isGzip(head) ? await packedImages(head, basename(path)) : undefined;
  return packed ?? { type: 'file', size, stack: stackOf(head, size) };
}

/** Whether each sample of what lies there can be shown beside what its pixels cost. */
export async function holdsImages(path: string): Promise<boolean> {
  const found = await lookAt(path);
  return found.type === 'imageFolder' || found.stack !== undefined;
}

/** Enough for the header of an array, packed or not. */
const headBytes = 4096;

/** IDX images in a gzipped file that begins so; of others, and of what does not unpack, none. */
async function packedImages(head: Uint8Array, name: string): Promise<Measurable | undefined> {
  try {
    const bytes = await unpackHeader(head, name);
    const { shape, start } = readHeader(bytes, name);
    const size = start + sizeOf(shape);
    const stack = stackOf(bytes, size);
    return stack && { type: 'file', size, stack, isPacked: true };
  } catch (error) {
    if (error instanceof KolmoError) return undefined;
    throw error;
  }
}
