/** Other texts that hold the same as a file, of which the one that is predicted best becomes the program. */
import type { Syntax } from './syntax';

/** What is predicted in place of a file. */
export interface View {
  text: Uint8Array;
  /** Source of a function of the text that gives the file; absent where the text is the file. */
  restore?: string;
  /** Of what is restated as another text: source of the same function in Node, whose result may be a string. */
  retell?: string;
  /** What the text is, where it does not tell itself. */
  syntax?: Syntax;
  /** What the file is, in the report. */
  sentence?: string;
  /** Whether its columns are those of the file. */
  hasColumns?: boolean;
  /** Where what the text tells stands in the file; absent where the text is the file, and of what is restated as another text. */
  origin?: () => Origin;
  /** What restated it, in this order, each with its sentence in the report. */
  restatements?: { by: Restate; sentence: string }[];
}

export interface Origin {
  /** For each byte of the text, the first of those of the file that it belongs to. */
  first: Uint32Array;
  /** How many these are. */
  bytes: number;
}

/** The file as it is. */
export const fileView = (bytes: Uint8Array): View => ({ text: bytes, hasColumns: true });

/** A text in the place of another one. */
export interface Restatement {
  text: string;
  /** Source of a function of that text, which gives the one that it stands for. */
  restore: string;
  /** What was found, in the report. */
  sentence: string;
  /** What the text is, where that is not what it was. */
  syntax?: Syntax;
}

/** Of a text that it does not apply to nothing. */
export type Restate = (text: string, syntax: Syntax) => Restatement | undefined;
