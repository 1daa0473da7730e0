/** The shorter program of a file of any size, and of what is packed in it: whole, or in blocks. */
import type { BlockCoder, Source } from './blocks';
import type { Program, ProgramEvent } from './contract';
import { writeInBlocks, type BlockOptions } from './inBlocks';
import { isPacked, mostPacked, unpack } from './packed/packed';
import { writeProgram } from './program';
import { usualBlock } from './sizes';

/** `coderOf` gives who codes blocks of the file, or of other bytes that are predicted in its place. */
export async function* writeProgramOf(
  file: Source,
  coderOf: (content?: Uint8Array) => BlockCoder,
  options: Partial<BlockOptions> = {},
): AsyncGenerator<ProgramEvent, Program> {
  const { length } = file;
  const { blockBytes = usualBlock } = options;
  const mayBePacked = length <= mostPacked && isPacked(await file.read(0, 8));
  const bytes = mayBePacked || length <= blockBytes ? await file.read(0, length) : undefined;
  const packed = bytes && mayBePacked ? yield* unpack(bytes, blockBytes) : undefined;
  if (bytes && length <= blockBytes && !packed?.isPiecewise)
    return yield* writeProgram(bytes, options, packed);
  return yield* writeInBlocks(file, coderOf(packed?.content), options, packed);
}
