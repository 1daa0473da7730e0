/** Other files that a file can be restated as, where they hold the same and are predicted better. */
import { decimalTable } from './arrays';
import { residualView } from './sound';
import type { Syntax } from './syntax';

/** What is predicted in place of a file. */
export interface View {
  text: Uint8Array;
  /** Source of a function of the text that gives the file; absent where the text is the file. */
  restore?: string;
  /** What the text is, where it does not tell itself. */
  syntax?: Syntax;
  /** What the file is, in the report. */
  sentence?: string;
}

/** The file itself and what it can be restated as: the shortest program of all wins. */
export function viewsOf(bytes: Uint8Array): View[] {
  const table = decimalTable(bytes);
  const views = [table && { ...table, sentence: decimalSentence }, residualView(bytes)];
  return [{ text: bytes }, ...views.filter((view) => view !== undefined)];
}

const decimalSentence = 'It is an array of floats that were decimals: its rows are a table.';
