/** A deflate stream in a file, for those that find it in files of their kind. */
import type { Syntax } from '../syntax';

export interface Stream {
  /** What files of the kind are called. */
  name: string;
  /** The bytes of the file that it is in, in their order, the ends excluded; it may end before the last one does. */
  ranges: [from: number, to: number][];
  /** Bytes of the content that whoever packed it kept at hand. */
  window: number;
  /** Whether its content may have been filtered, of which zlib takes other repeats. */
  mayBeFiltered: boolean;
  /** The content as it is predicted better, where it is what was expected. */
  view?: (content: Uint8Array) => StreamView | undefined;
}

export interface StreamView {
  content: Uint8Array;
  syntax: Syntax;
  /** Source of a function of it that gives the content of the stream. */
  restore: string;
}
