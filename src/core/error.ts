/** The error class of the core: its message is a sentence that a user can act on. */
export class KolmoError extends Error {
  override name = 'KolmoError';
}

/** What the disk did not take or give. */
export class DiskError extends KolmoError {}

/** The sentence for an error of the file system while `path` was read; other errors are given back as they are. */
export function readError(error: unknown, path: string): Error {
  if (error instanceof KolmoError) return error;
  const { code } = error as NodeJS.ErrnoException;
  if (!code) return error instanceof Error ? error : new Error(String(error));
  const advice = adviceOf[code] ?? 'see that it is a file on a disk that works';
  return new DiskError(`${path} cannot be read (${code}): ${advice}, or choose another one.`);
}

const adviceOf: Record<string, string> = {
  EACCES: 'allow yourself to read it',
  EPERM: 'allow yourself to read it',
  ENOENT: 'check its name, put it back where it was',
};
