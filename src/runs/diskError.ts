/** The sentences for what the file system refuses: what was to be written, and what to do about it. */
import { basename, dirname } from 'node:path';
import { DiskError, KolmoError, readError } from '../core/error';

/** The sentence for an error of the file system while `path` was written; other errors are given back as they are. */
export function diskError(error: unknown, path: string): Error {
  if (error instanceof KolmoError) return error;
  const code = (error as NodeJS.ErrnoException).code;
  switch (code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return new DiskError(
        `The disk is full: ${basename(path)} could not be written to ${dirname(path)}. Files written before are valid; free some space and run again.`,
      );
    case 'EROFS':
    case 'EACCES':
    case 'EPERM':
      return new DiskError(
        `${dirname(path)} cannot be written (${code}): make the folder writable, or choose another one for the output.`,
      );
    // A recursive mkdir below a read-only mount reports the folder it could not make as missing.
    case 'ENOENT':
      return new DiskError(
        `${path} cannot be made: its folder is read-only or was removed. Make it writable, or choose another folder for the output.`,
      );
    case 'ENOTDIR':
    case 'EEXIST':
      return new DiskError(
        `${path} cannot be made: a file stands where a folder is needed. Move it, or choose another folder for the output.`,
      );
    case 'ENAMETOOLONG':
      return new DiskError(
        `${path} cannot be made: its name is longer than the disk allows. Choose a shorter one for the output.`,
      );
    default:
      return asItIs(error);
  }
}

/** Of what nobody closer has said a sentence about, the call that failed tells whether something was read or written. */
export function fileError(error: unknown): Error {
  const { code = '', syscall = '', path } = error as NodeJS.ErrnoException;
  const isWriting = writingCalls.has(syscall) || writingCodes.has(code);
  if (isWriting && path) return diskError(error, path);
  if (readingCalls.has(syscall)) return readError(error, path ?? 'A file');
  return asItIs(error);
}

const writingCalls = new Set(
  'mkdir rename unlink rmdir rm write fsync ftruncate copyfile cp symlink link'.split(' '),
);

/** Of a file that was opened for reading they say nothing. */
const writingCodes = new Set(['ENOSPC', 'EDQUOT', 'EROFS']);

/** Who opens a file for writing has a sentence of its own. */
const readingCalls = new Set(
  'open read stat lstat fstat access scandir readlink realpath'.split(' '),
);

const asItIs = (error: unknown): Error =>
  error instanceof Error ? error : new Error(String(error));
