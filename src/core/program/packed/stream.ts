/** Deflate streams in a file, for those that find them in files of their kind. */
import type { Syntax } from '../syntax';

export interface Streams {
  /** What files of the kind are called. */
  name: string;
  /** The bytes of the file that each is in, in their order; it may end before the last of its ranges does. */
  streams: Range[][];
  /** Where another one begins behind the end of one, if one does. */
  next?: (end: number) => number | undefined;
  /** Bytes of the content that whoever packed it kept at hand. */
  window: number;
  /** Whether what is in them may have been filtered, of which zlib takes other repeats. */
  mayBeFiltered: boolean;
  /** The content of all as it is predicted better, where it is what was expected. */
  view?: (content: Uint8Array) => StreamView | undefined;
}

/** The end is excluded. */
export type Range = [from: number, to: number];

export interface StreamView {
  content: Uint8Array;
  syntax: Syntax;
  /** Source of a function of it, whatever stands behind it, that gives the content of the streams, and the same behind that. */
  restore: string;
}
