/** What the chart of a sweep is told of its results file. */
import { readFile } from 'node:fs/promises';
import type { ToSweepPanel } from './panelMessages';
import { parseResults } from '../runs/sweepFile';

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
