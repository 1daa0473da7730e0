/** Other files that a file can be restated as, where they hold the same and are predicted better. */
import type { ProgramOptions } from '../contract';
import { smallFile } from '../sizes';
import { fileView, type View } from '../view';
import { arrayTable } from './arrays';
import { restatedView } from './restated';
import { residualView } from './sound';

/** The file itself and what it can be restated as: the shortest program of all wins. */
export function viewsOf(bytes: Uint8Array, effort?: ProgramOptions['effort']): View[] {
  const file = fileView(bytes);
  const restated = restatedView(bytes);
  // A text that can be restated is always predicted better so, but in a short one what brings it back may cost more.
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
