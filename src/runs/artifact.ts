/** Files of a run appear whole: written under a temporary name, synced, renamed. */
import { access, constants, mkdir, open, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { KolmoError } from '../core/error';
import { diskError } from './diskError';

/**
 * Writes a file so that it is either the old one or the new one, whole, whatever happens meanwhile.
 * @param name what sentences call it, where it is a draft of a file that was asked for
 * @returns its length in bytes
 * @throws KolmoError with a sentence for a full disk or a folder that cannot be written
 */
export async function writeArtifact(
  path: string,
  content: Uint8Array | string,
  name = path,
): Promise<number> {
  const temporary = temporaryOf(path);
  const bytes = typeof content === 'string' ? Buffer.from(content) : content;
  try {
    await mkdir(dirname(path), { recursive: true });
    const file = await open(temporary, 'w');
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    await moveArtifact(temporary, path);
  } catch (error) {
    // Why the file cannot be written matters more than what is left of it.
    await rm(temporary, { force: true }).catch(() => {});
    throw diskError(error, name);
  }
  return bytes.length;
}

/** Of this process alone, so that two that write the same file do not mix what they write. */
const temporaryOf = (path: string): string => `${path}.${process.pid}.tmp`;

/**
 * Puts a file that was written beside `path` in its place.
 * @throws KolmoError with a sentence for a folder that cannot be written
 */
export async function moveArtifact(from: string, path: string): Promise<void> {
  try {
    await rename(from, path);
    await syncFolder(dirname(path));
  } catch (error) {
    throw diskError(error, path);
  }
}

/**
 * Writes a file unless there is one.
 * @throws what the file system throws for any other reason
 */
export async function writeIfAbsent(path: string, text: string): Promise<void> {
  await writeFile(path, text, { flag: 'wx' }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
}

/**
 * Makes the folder of a file that long work will end in, so that the work need not be done in vain.
 * @param source what the work reads, which it must never write
 * @throws KolmoError with a sentence for a folder that cannot be written, and where `path` is the source or a folder
 */
export async function prepareOutput(path: string, source: string): Promise<void> {
  const [there, read] = await Promise.all([path, source].map(identityOf));
  if (there && there.file === read?.file) {
    throw new KolmoError(
      `${path} is the file that is read, and would be lost: choose another name for the output.`,
    );
  }
  if (there?.isFolder) {
    throw new KolmoError(`${path} is a folder: name the file in it that is to be written.`);
  }
  const trial = temporaryOf(path);
  try {
    await mkdir(dirname(path), { recursive: true });
    // What a folder says of its rights is less than whether a file can be made in it.
    await writeFile(trial, '');
    await rm(trial);
  } catch (error) {
    throw diskError(error, path);
  }
}

/**
 * Looks whether a folder could be made and written, and makes nothing.
 * @param above the folder that is looked at: the one itself, or, where it is not there, the one that it would be made in
 * @throws KolmoError with a sentence where it could not
 */
export async function refuseUnwritable(folder: string, above = folder): Promise<void> {
  const there = await stat(above).catch(() => undefined);
  if (!there && dirname(above) !== above) return refuseUnwritable(folder, dirname(above));
  if (!there?.isDirectory()) throw diskError({ code: 'ENOTDIR' }, folder);
  await access(above, constants.W_OK).catch((error: unknown) => {
    throw diskError(error, join(above, basename(folder)));
  });
}

/** Two paths of one file, such as a link and its target, have the same `file`; a path that leads nowhere has none. */
async function identityOf(path: string): Promise<{ file: string; isFolder: boolean } | undefined> {
  const found = await stat(path, { bigint: true }).catch(() => undefined);
  return found && { file: `${found.dev}:${found.ino}`, isFolder: found.isDirectory() };
}

/** A rename is only as durable as its folder; Windows cannot open one to sync it. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
