/** A model file as its reader sees it: random access, a name, and the files beside it. */
import { open, stat } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, normalize, sep } from 'node:path';
import { KolmoError, readError } from '../error';
import type { ByteSource } from './summary';

export interface ModelFile extends ByteSource {
  /** The file's name, for sentences. */
  name: string;
  /**
   * Opens a file that this one names: shards, external data.
   * A name that leads out of the folder is refused; a file that is not there is undefined.
   */
  sibling(name: string): Promise<ModelFile | undefined>;
  /** Is told before so many bytes are unpacked from what was read, and throws where they are more than its reader may. */
  unpacking(bytes: number): void;
}

/** Opens a file, lets `use` read it, and closes it and all its siblings whatever happens. */
export async function withModelFile<Result>(
  path: string,
  use: (file: ModelFile) => Promise<Result>,
): Promise<Result> {
  const { file, close } = await openModelFile(path);
  try {
    return await use(file);
  } finally {
    await close();
  }
}

/** Opens a file for whoever closes it, and with it all its siblings. */
export async function openModelFile(
  path: string,
): Promise<{ file: ModelFile; close: () => Promise<void> }> {
  const closers: (() => Promise<void>)[] = [];
  const close = async (): Promise<void> => {
    for (const closer of closers) await closer();
  };
  return { file: await openFile(path, closers), close };
}

async function openFile(path: string, closers: (() => Promise<void>)[]): Promise<ModelFile> {
  const name = basename(path);
  try {
    const found = await stat(path);
    if (!found.isFile()) throw new KolmoError(`${path} is not a file: name one.`);
    const { size } = found;
    const file = await open(path);
    closers.push(() => file.close());
    return {
      name,
      length: size,
      async read(offset, length) {
        const bytes = new Uint8Array(Math.max(0, Math.min(length, size - offset)));
        let filled = 0;
        while (filled < bytes.length) {
          const left = bytes.length - filled;
          const { bytesRead } = await file.read(bytes, filled, left, offset + filled);
          if (bytesRead === 0) break;
          filled += bytesRead;
        }
        return bytes.subarray(0, filled);
      },
      async sibling(other) {
        const inside = normalize(other);
        if (isAbsolute(inside) || inside.split(sep).includes('..')) {
          throw new KolmoError(
            `${name} names “${other}”, which is outside of its folder: it is not read.`,
          );
        }
        const beside = join(dirname(path), inside);
        const found = await stat(beside).catch((error: NodeJS.ErrnoException) => {
          if (error.code === 'ENOENT') return undefined;
          throw error;
        });
        return found && openFile(beside, closers);
      },
      unpacking() {},
    };
  } catch (error) {
    throw readError(error, path);
  }
}
