/** What can be told of a request without running it. */
import type { RunEvent } from '../runs/events';
import type { JobRequest } from './protocol';

/** The folder in whose history a request writes. */
export function runOf(request: JobRequest): string | undefined {
  switch (request.type) {
    case 'train':
      return request.run;
    case 'compress':
      return request.out ?? request.run;
    case 'program':
    case 'verify':
    case 'analyse':
      return request.run;
    case 'sweep':
    case 'report':
    case 'describe':
    case 'inspect':
    case 'explain':
    case 'diff':
    case 'surprisal':
    case 'unpack':
      return undefined;
    default:
      return request satisfies never;
  }
}

/** What a stop says that left a result. */
export const stoppedWithResult = 'Stopped on request; what there is so far is kept.';

type EndEvent = Extract<RunEvent, { type: 'finished' | 'stopped' | 'failed' | 'interrupted' }>;

/** The last event of a request's history: an analysis ends without touching the status of its run. */
export function endOf(request: JobRequest, end: EndEvent): RunEvent {
  if (request.type !== 'analyse') return end;
  const message = 'message' in end ? end.message : undefined;
  return { type: 'analysed', analysis: request.analysis.name, ...(message && { message }) };
}
