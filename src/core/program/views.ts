/** Other files that a file can be restated as, where they hold the same and are predicted better. */
import { arrayTable } from './arrays';
import { restatedView, type Restate } from './restated';
import type { ProgramOptions } from './program';
import { smallFile } from './sizes';
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

/** The file itself and what it can be restated as: the shortest program of all wins. */
export function viewsOf(bytes: Uint8Array, effort?: ProgramOptions['effort']): View[] {
  const file = fileView(bytes);
  const restated = restatedView(bytes);
  // A text that can be restated is always predicted better so, but the small predictor, which may win on a short file, restates nothing.
  if (restated) return bytes.length < smallFile ? [file, restated] : [restated];
  return [file, ...numberViews(bytes, effort)];
}

/** What files of numbers can be restated as. */
export function numberViews(bytes: Uint8Array, effort?: ProgramOptions['effort']): View[] {
  const views = [arrayTable(bytes), residualView(bytes, taughtBy(effort))];
  return views.filter((view) => view !== undefined);
}

/** To learn from a sample takes longer than to predict its bytes: where that is to be fast, one in so many teaches. */
export const taughtBy = (effort?: ProgramOptions['effort']): number | undefined =>
  effort === 'fast' ? 4 : undefined;
