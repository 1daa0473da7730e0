/** Model files as a folder lists them, for those who choose one. */
import { readdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { extensions } from './formats';

export interface ListedFile {
  path: string;
  bytes: number;
  /** When it was written last, in milliseconds. */
  changed: number;
}

/** The files in the folder of `file` that are named as models are; folders may have such names, too. */
export async function modelsBeside(file: string): Promise<string[]> {
  const folder = dirname(file);
  const entries = await readdir(folder, { withFileTypes: true }).catch(unlessUnreadable);
  return (entries ?? [])
    .filter((entry) => entry.isFile() || entry.isSymbolicLink())
    .filter(({ name }) => extensions().some((extension) => name.toLowerCase().endsWith(extension)))
    .map(({ name }) => join(folder, name));
}

/** Undefined of what is no file, or is gone, as what a link names may be. */
export async function factsOf(path: string): Promise<ListedFile | undefined> {
  const found = await stat(path).catch(unlessUnreadable);
  return found?.isFile() ? { path, bytes: found.size, changed: found.mtimeMs } : undefined;
}

function unlessUnreadable(error: NodeJS.ErrnoException): undefined {
  if (!['ENOENT', 'ENOTDIR', 'EACCES', 'EPERM', 'ELOOP'].includes(error.code ?? '')) throw error;
}
