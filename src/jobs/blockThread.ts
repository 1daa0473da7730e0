/** The entry of a thread that codes one block of a file, and ends. */
import { parentPort, workerData } from 'node:worker_threads';
import { codeBlock } from '../core/program/blocks';
import { KolmoError } from '../core/error';
import { readPart, type FromThread, type ThreadData } from './blocks';

/** Progress is told after so many bytes. */
const stride = 1 << 16;

const tell = (message: FromThread): void => parentPort!.postMessage(message);

void code(workerData as ThreadData);

async function code({ from, task }: ThreadData): Promise<void> {
  try {
    const own =
      typeof from === 'string' ? await readPart(from, task.from, task.to - task.from) : from;
    const steps = codeBlock(task, own);
    for (let told = 0; ;) {
      const step = await steps.next();
      if (step.done) return tell({ type: 'coded', block: step.value });
      // Before the first byte there may be much to do, meanwhile a wish to stop has to be heard.
      if (step.value && step.value < told + stride) continue;
      told = step.value;
      tell({ type: 'done', bytes: told });
    }
  } catch (error) {
    // Anything else ends the thread, which the main thread hears.
    if (!(error instanceof KolmoError)) throw error;
    tell({ type: 'refused', message: error.message });
  }
}
