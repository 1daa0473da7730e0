/** What commands have in common that answer for each of the files that they name. */
import { resolve } from 'node:path';
import type { JobRequest } from '../jobs/protocol';
import type { ResultOf } from '../jobs/results';
import type { Command } from './command';
import { runJob } from './runJob';

/** Asks about one file after the other: `--json` prints the answer for a single file, or `{ files }` with one for each. */
export function eachFile<Request extends JobRequest>(
  requestOf: (file: string) => Request,
  textOf: (answer: ResultOf<Request>) => string,
): Pick<Command, 'run' | 'print'> {
  return {
    async run({ operands, ...parsed }) {
      const files: ResultOf<Request>[] = [];
      for (const file of operands) files.push(await runJob(requestOf(resolve(file)), parsed));
      return files.length === 1 ? files[0] : { files };
    },
    print(result) {
      const files = 'files' in result ? result.files : [result];
      return (files as ResultOf<Request>[]).map(textOf).join('\n');
    },
  };
}
