/** Jobs that go on from before this window was loaded: shown as those of this window are, and their ends announced alike. */
import { window, workspace, type Disposable } from 'vscode';
import { markEnded, markInterrupted } from '../jobs/job';
import { outcomeOf } from '../jobs/outcome';
import type { StampedEvent } from '../runs/events';
import { datasetPath, readEvents, readRecord } from '../runs/folder';
import { runOwner } from '../runs/lock';
import { emptyRun, reduce } from '../runs/state';
import { progressText } from '../runs/units';
import { followRun } from '../views/followRun';
import { namingRun } from '../views/runFacts';
import { listRunFolders, listSweepFolders } from '../views/runFolders';
import { sayCompressed } from './compress';
import type { House } from './house';
import { sayProgram, sayVerified } from './program';
import { sayTrained } from './train';

/** How often it is asked whether the process is still there, in milliseconds. */
const interval = 500;

/** Finds the jobs that work on runs and sweeps of the workspace, once it is trusted, and follows each to its end. */
export function followEarlierJobs(house: House): Disposable {
  const followed = new Set<Disposable>();
  const find = async (): Promise<void> => {
    for (const folder of [...(await listRunFolders()), ...(await listSweepFolders())]) {
      const isOurs = house.jobs.running().includes(folder);
      if (!isOurs && runOwner(folder) !== undefined) followed.add(follow(house, folder));
    }
  };
  if (workspace.isTrusted) void find();
  const trust = workspace.onDidGrantWorkspaceTrust(() => void find());
  return {
    dispose() {
      trust.dispose();
      for (const job of followed) job.dispose();
    },
  };
}

function follow({ jobs, log }: House, folder: string): Disposable {
  const job = jobs.adopt(folder);
  const follower = followRun(folder, {
    onEvents(events) {
      const news = lastProgress(events);
      if (news) job.note(progressText(news));
    },
    onRestart: () => {},
    onQuiet: () => {},
    onFault: (error) => log.error(error),
  });
  const looking = setInterval(() => {
    if (runOwner(folder) !== undefined) return;
    dispose();
    job.end();
    announce(folder).catch((error: Error) => {
      log.error(error);
      void window.showErrorMessage(error.message);
    });
  }, interval);
  const dispose = (): void => {
    clearInterval(looking);
    follower.dispose();
  };
  return { dispose };
}

const lastProgress = (events: StampedEvent[]) =>
  events.findLast((event) => event.type === 'progress' || event.type === 'analysing');

async function announce(folder: string): Promise<void> {
  const events = await readEvents(folder);
  // A run that wrote a program alone has no record.
  const record = await readRecord(folder).catch(() => undefined);
  const outcome = outcomeOf(folder, events, record);
  switch (outcome.type) {
    case 'trained':
      return sayTrained(folder, (record && datasetPath(record)) ?? folder, outcome.result);
    case 'compressed':
      return sayCompressed(outcome.result);
    case 'program':
      return sayProgram(outcome.result);
    case 'verified':
      return sayVerified(outcome.result);
    case 'stopped':
      return void window.showInformationMessage(namingRun(folder, outcome.message));
    case 'failed':
      return void window.showErrorMessage(namingRun(folder, outcome.message));
    case 'gone':
      // The chart of a sweep, which has no history, tells how it ended.
      if (events.length === 0) return;
      mark(folder, events);
      return announce(folder);
    case 'analysed':
      return;
    default:
      outcome satisfies never;
  }
}

/** Says in the run that its process is gone. */
function mark(folder: string, events: StampedEvent[]): void {
  const reason = 'The job process is gone.';
  const { analysis } = events.reduce(reduce, emptyRun);
  if (analysis.running) {
    const { analysis: name } = analysis.running;
    markEnded(folder, { type: 'analysed', analysis: name, message: reason });
  } else markInterrupted(folder, reason);
}
