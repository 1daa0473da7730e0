/** How the status of a run looks, in the panel and in lists alike: a word, an icon and a colour, so that none tells it alone. */
import type { RunStatus } from './state';

export interface StatusLook {
  word: string;
  /** Name of a codicon. */
  icon: string;
  /** Id of a colour that every theme has, those of high contrast too. */
  color: string;
}

export const statusLooks: Record<RunStatus, StatusLook> = {
  running: { word: 'Running', icon: 'sync', color: 'charts.blue' },
  finished: { word: 'Finished', icon: 'pass', color: 'charts.green' },
  stopped: { word: 'Stopped', icon: 'debug-stop', color: 'charts.yellow' },
  failed: { word: 'Failed', icon: 'error', color: 'charts.red' },
  interrupted: { word: 'Interrupted', icon: 'debug-disconnect', color: 'charts.yellow' },
};
