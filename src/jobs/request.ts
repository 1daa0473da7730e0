/** What can be told of a request without running it. */
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
      return request.run;
    case 'report':
    case 'describe':
    case 'inspect':
    case 'surprisal':
    case 'unpack':
      return undefined;
    default:
      return request satisfies never;
  }
}
