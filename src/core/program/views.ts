/** Other files that a file can be restated as, where they hold the same and are predicted better. */
import { decimalTable } from './arrays';
import { singleDecimals } from './singles';
import { smallFile } from './sizes';
import { residualView } from './sound';
import { analyseSyntax, describeSyntax, type Syntax } from './syntax';
import { wrappedView } from './wrapped';

/** What is predicted in place of a file. */
export interface View {
  text: Uint8Array;
  /** Source of a function of the text that gives the file; absent where the text is the file. */
  restore?: string;
  /** What the text is, where it does not tell itself. */
  syntax?: Syntax;
  /** What the file is, in the report. */
  sentence?: string;
  /** Whether its columns are those of the file. */
  hasColumns?: boolean;
}

/** The file itself and what it can be restated as: the shortest program of all wins. */
export function viewsOf(bytes: Uint8Array): View[] {
  // What differs in the length of its numbers alone is always predicted better.
  const singles = singleView(bytes);
  if (singles) return [singles];
  const wrapped = wrappedView(bytes);
  // The same holds of line ends, but the small predictor, which may win on a short file, restates nothing.
  if (wrapped && bytes.length >= smallFile) return [wrapped];
  const table = decimalTable(bytes);
  const views = [wrapped, table && { ...table, sentence: decimalSentence }, residualView(bytes)];
  return [{ text: bytes, hasColumns: true }, ...views.filter((view) => view !== undefined)];
}

const decimalSentence = 'It is an array of floats that were decimals: its rows are a table.';

function singleView(bytes: Uint8Array): View | undefined {
  const found = singleDecimals(bytes);
  if (!found) return undefined;
  const { text, restore, shown, written } = found;
  const sentence = `${describeSyntax(analyseSyntax(text))} Its numbers were decimals of ${shown}, and of single precision since: ${written} decimals are written.`;
  return { text, restore, sentence, hasColumns: true };
}
