/** Starts a job for a run, shows it in a notification that can cancel it, and says how it ended. */
import { basename } from 'node:path';
import {
  EventEmitter,
  ProgressLocation,
  commands,
  window,
  workspace,
  type CancellationToken,
  type Disposable,
  type Event,
} from 'vscode';
import { JobError, startJob, stopRun } from '../jobs/job';
import type { FromWorker, JobRequest } from '../jobs/protocol';
import type { ResultOf } from '../jobs/results';
import type { StampedEvent } from '../runs/events';
import { progressText } from '../runs/units';
import { namingRun } from './runFacts';

export interface Jobs extends Disposable {
  /**
   * Runs a request to its end and gives its result; `undefined` when it failed or was refused, which the user was told.
   * @param title what the notification says: `Training LeNet-300-100`
   * @param onEvents is told everything that happens
   */
  run<Request extends JobRequest>(
    title: string,
    folder: string,
    request: Request,
    onEvents?: (events: StampedEvent[]) => void,
  ): Promise<ResultOf<Request> | undefined>;
  /**
   * A job without a run, shown in a notification; `undefined` when it was cancelled. Its failure is the caller's to tell.
   * @param ends fires when nobody waits for the result any more, which cancels the job too
   */
  measure<Request extends JobRequest>(
    title: string,
    request: Request,
    ends?: Event<void>,
  ): Promise<ResultOf<Request> | undefined>;
  /** A job without a run and without a notification, whose failure is the caller's to tell. */
  ask<Request extends JobRequest>(request: Request): Promise<ResultOf<Request>>;
  /** Counts a job that another process started as one of this window; gives what tells how far it is, and that it has ended. */
  adopt(folder: string): { note(text: string): void; end(): void };
  /** Asks the job of a run to stop and keep what it has. */
  stop(folder: string): boolean;
  running(): string[];
  /** Whether no job of this window works on a run; where one does, says so. */
  isFree(folder: string): boolean;
  /** Fires with the folder of a run when its job starts, reports or ends. */
  onDidChange: Event<{ folder: string; note: string }>;
}

/** Whether jobs may run in this workspace; where they may not, says why and how to change it. */
export async function mayRunJobs(): Promise<boolean> {
  if (workspace.isTrusted) return true;
  const manage = 'Manage Workspace Trust';
  const choice = await window.showErrorMessage(
    'This workspace is not trusted, so Kolmo trains, compresses and writes programs only when you trust it. Looking at models and runs works without trust.',
    manage,
  );
  if (choice === manage) await commands.executeCommand('workbench.trust.manage');
  return false;
}

export function createJobs(worker: string): Jobs {
  const running = new Map<string, { stop(): boolean }>();
  const changed = new EventEmitter<{ folder: string; note: string }>();

  const isFree = (folder: string): boolean => {
    if (!running.has(folder)) return true;
    void window.showWarningMessage(
      `${basename(folder)} is still running: stop it or wait until it has finished.`,
    );
    return false;
  };

  const begin = (folder: string, note: string, stop: () => boolean): void => {
    running.set(folder, { stop });
    changed.fire({ folder, note });
  };
  const end = (folder: string): void => {
    running.delete(folder);
    changed.fire({ folder, note: '' });
  };
  // A job that this window did not start is known by the mark that it left in its run.
  const stopOther = (folder: string): boolean =>
    stopRun(folder, (sentence) => void window.showWarningMessage(sentence));

  const run: Jobs['run'] = async (title, folder, request, onEvents) => {
    if (!(await mayRunJobs()) || !isFree(folder)) return undefined;
    return notify(title, async (report, cancel) => {
      const job = startJob(request, {
        worker,
        outlivesHost: true,
        onMessage: (message) => {
          if (message.type === 'events') onEvents?.(message.events);
          const note = report(message);
          if (note !== undefined) changed.fire({ folder, note });
        },
      });
      begin(folder, title, () => {
        job.stop();
        return true;
      });
      cancel.onCancellationRequested(() => job.stop());
      try {
        return await job.result;
      } catch (error) {
        // Whoever stopped it, here or in the panel, wanted that.
        const isWanted = error instanceof JobError && error.reason === 'stopped';
        const say = isWanted ? window.showInformationMessage : window.showErrorMessage;
        void say(namingRun(folder, (error as Error).message));
        return undefined;
      } finally {
        end(folder);
      }
    });
  };

  const measure: Jobs['measure'] = (title, request, ends) =>
    notify(title, async (report, cancel) => {
      const job = startJob(request, { worker, onMessage: report });
      let stopped = false;
      const stop = (): void => {
        stopped = true;
        job.stop();
      };
      cancel.onCancellationRequested(stop);
      const ending = ends?.(stop);
      try {
        return await job.result;
      } catch (error) {
        if (stopped) return undefined;
        throw error;
      } finally {
        ending?.dispose();
      }
    });

  return {
    run,
    measure,
    adopt(folder) {
      begin(folder, '', () => stopOther(folder));
      return { note: (note) => changed.fire({ folder, note }), end: () => end(folder) };
    },
    ask: (request) => startJob(request, { worker }).result,
    stop: (folder) => {
      const job = running.get(folder);
      if (job) return job.stop();
      return workspace.isTrusted && stopOther(folder);
    },
    running: () => [...running.keys()],
    isFree,
    onDidChange: changed.event,
    dispose: () => changed.dispose(),
  };
}

/** Shows a notification while `task` runs; what it reports of a message is said there, and given back. */
const notify = <Result>(
  title: string,
  task: (
    report: (message: FromWorker) => string | undefined,
    cancel: CancellationToken,
  ) => Promise<Result>,
): Promise<Result> =>
  Promise.resolve(
    window.withProgress(
      { location: ProgressLocation.Notification, title, cancellable: true },
      (progress, cancel) => {
        let percent = 0;
        return task((message) => {
          if (message.type !== 'events') return undefined;
          const news = message.events.findLast(
            (event) => event.type === 'progress' || event.type === 'analysing',
          );
          if (!news) return undefined;
          const reached = news.total > 0 ? (100 * news.done) / news.total : 0;
          const note = progressText(news);
          // A new stage begins at zero again, which an increment can say too.
          progress.report({ message: note, increment: reached - percent });
          percent = reached;
          return note;
        }, cancel);
      },
    ),
  );
