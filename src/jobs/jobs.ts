/** The table of jobs: what each kind of request runs. */
import type { RunEvent } from '../runs/events';
import { analyseRun } from './analyse';
import { compressRun } from './compress';
import type { JobContext } from './context';
import { describe } from './describe';
import { diffRun } from './diff';
import { explain, inspect, unpack } from './files';
import type { JobRequest } from './protocol';
import { pipelineRun } from './pipeline';
import { programRun } from './program';
import { reportRun } from './report';
import type { JobResults } from './results';
import { surprisalRun } from './surprisal';
import { sweepRun } from './sweep';
import { trainRun } from './train';
import { verifyRun } from './verify';

type RequestOf<T extends JobRequest['type']> = Extract<JobRequest, { type: T }>;

type JobFunction<T extends JobRequest['type']> = (
  request: RequestOf<T>,
  context: JobContext,
) => AsyncGenerator<RunEvent, JobResults[T]>;

const jobs: { [T in JobRequest['type']]: JobFunction<T> } = {
  train: (request, context) => (request.passes ? pipelineRun : trainRun)(request, context),
  compress: compressRun,
  analyse: analyseRun,
  sweep: sweepRun,
  program: programRun,
  verify: verifyRun,
  surprisal: surprisalRun,
  diff: diffRun,
  report: withoutEvents(reportRun),
  describe: withoutEvents(describe),
  inspect: withoutEvents(inspect),
  explain: withoutEvents(explain),
  unpack: withoutEvents(unpack),
};

export function runJob<T extends JobRequest['type']>(
  request: RequestOf<T>,
  context: JobContext,
): AsyncGenerator<RunEvent, JobResults[T]> {
  return (jobs[request.type as T] as JobFunction<T>)(request, context);
}

/** A job that is over in a moment has nothing to tell but its result. */
function withoutEvents<Request, Result>(
  action: (request: Request) => Promise<Result>,
): (request: Request) => AsyncGenerator<RunEvent, Result> {
  return async function* (request) {
    return action(request);
  };
}
