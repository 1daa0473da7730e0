/** A part of a file as a file of its own: a member of an archive, what follows a preface. */
import type { ModelFile } from './modelFile';

/** @param name of the part, for sentences */
export const within = (
  file: ModelFile,
  name: string,
  start: number,
  length: number,
): ModelFile => ({
  ...file,
  name,
  length,
  read: (offset, count) => file.read(start + offset, Math.max(0, Math.min(count, length - offset))),
});
