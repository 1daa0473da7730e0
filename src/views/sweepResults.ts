/** What the chart of a sweep is told of its results file. */
import { existsSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { settingsText } from '../report/yardstick';
import { KolmoError } from '../core/error';
import type { ToSweepPanel } from './panelMessages';
import { parseResults, resultsName } from '../runs/sweepFile';

/** The results, or a sentence that says why there are none to draw. */
export async function readResults(file: string): Promise<ToSweepPanel> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    const { message } = error as Error;
    return { type: 'failed', message: `The results cannot be read (${message}): sweep again.` };
  }
  try {
    return { type: 'results', results: parseResults(text, file) };
  } catch (error) {
    return { type: 'failed', message: (error as Error).message };
  }
}

/** `digits, share.clusters 4`: what a point of a sweep is called, whose folder is only a hash; undefined of other runs. */
export function pointName(folder: string): string | undefined {
  const file = join(dirname(folder), resultsName);
  if (!existsSync(file)) return undefined;
  try {
    const { name, points } = parseResults(readFileSync(file, 'utf8'), file);
    const point = points.find((each) => each.name === basename(folder));
    return point && [name, settingsText(point)].filter(Boolean).join(', ');
  } catch (error) {
    // The chart of the sweep says what is wrong with its results.
    if (error instanceof KolmoError) return undefined;
    throw error;
  }
}
