/** What commands have in common that answer for each of the files that they name. */
import { resolve } from 'node:path';
import { KolmoError } from '../core/error';
import type { JobRequest } from '../jobs/protocol';
import type { ResultOf } from '../jobs/results';
import type { Command } from './command';
import { runJob } from './runJob';

/** The answer for one of several files that cannot be read. */
interface Failed {
  file: string;
  error: string;
}

/**
 * Asks about one file after the other: `--json` prints the answer for a single file, or `{ files }` with one for each.
 * Of several files those that fail have a sentence, and the others their answer.
 */
export function eachFile<Request extends JobRequest>(
  requestOf: (file: string) => Request,
  textOf: (answer: ResultOf<Request>) => string,
): Pick<Command, 'run' | 'print' | 'failed'> {
  return {
    async run({ operands, ...parsed }) {
      if (operands.length === 1) return runJob(requestOf(resolve(operands[0])), parsed);
      const files: (ResultOf<Request> | Failed)[] = [];
      for (const operand of operands) {
        const file = resolve(operand);
        try {
          files.push(await runJob(requestOf(file), parsed));
        } catch (error) {
          if (!(error instanceof KolmoError)) throw error;
          files.push({ file, error: error.message });
        }
      }
      return { files };
    },
    print(result) {
      const files = 'files' in result ? (result.files as object[]) : [result];
      return files
        .map((each) => (isFailed(each) ? failureOf(each) : textOf(each as ResultOf<Request>)))
        .join('\n');
    },
    failed: (result) => 'files' in result && (result.files as object[]).some(isFailed),
  };
}

/** Some sentences call the file by its whole path, others by its name. */
const failureOf = ({ file, error }: Failed): string =>
  error.startsWith(file) ? `${error}\n` : `${file}: ${error}\n`;

const isFailed = (answer: object): answer is Failed => 'error' in answer;
