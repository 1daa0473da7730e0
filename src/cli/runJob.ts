/** Runs a job for a command: in a process of its own, with a progress bar, and Ctrl+C as a wish to stop. */
import { join } from 'node:path';
import { startJob } from '../jobs/job';
import type { JobRequest } from '../jobs/protocol';
import type { ResultOf } from '../jobs/results';
import { emptyRun, reduce } from '../runs/state';
import type { Parsed } from './command';
import { createProgress } from './progress';

/** Gives the job's result. Throws its sentence as a KolmoError. */
export async function runJob<Request extends JobRequest>(
  request: Request,
  { quiet }: Pick<Parsed, 'quiet'>,
): Promise<ResultOf<Request>> {
  const progress = createProgress({ quiet, stream: process.stderr });
  let state = emptyRun;
  const job = startJob(request, {
    worker: join(__dirname, 'worker.js'),
    onMessage(message) {
      if (message.type !== 'events') return;
      state = message.events.reduce(reduce, state);
      progress.show(message.events, state);
    },
  });
  // The first Ctrl+C keeps the model so far; a second one ends this process, and with it the job.
  const interrupt = (): void => {
    progress.note(
      'Stopping as soon as nothing is left half done; press Ctrl+C again to end at once.',
    );
    job.stop();
    process.off('SIGINT', interrupt);
  };
  process.on('SIGINT', interrupt);
  process.on('SIGTERM', job.stop);
  try {
    const result = await job.result;
    // Of a job that failed the sentence is thrown; of one that was stopped and kept what it had it stands here.
    const ended = state.message ?? state.analysis.message;
    if (ended) progress.note(ended);
    return result;
  } finally {
    progress.end();
    process.off('SIGINT', interrupt);
    process.off('SIGTERM', job.stop);
  }
}
