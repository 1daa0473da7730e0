/** The entry of a thread that codes blocks: takes one after the other, and answers with what it became. */
import { parentPort } from 'node:worker_threads';
import { codeBlock } from '../core/program/blocks';
import { KolmoError } from '../core/error';
import { readPart, type FromBlockThread, type ToBlockThread } from './blocks';

/** Progress is told after so many bytes. */
const stride = 1 << 16;

const tell = (message: FromBlockThread): void => parentPort!.postMessage(message);

parentPort!.on('message', (message: ToBlockThread) => void code(message));

async function code({ file, index, task }: ToBlockThread): Promise<void> {
  try {
    const bytes = await readPart(file, task.from, task.to - task.from);
    const steps = codeBlock(task, bytes);
    for (let told = 0; ;) {
      const step = await steps.next();
      if (step.done) return tell({ type: 'coded', index, block: step.value });
      // Before the first byte there may be much to do, meanwhile a wish to stop has to be heard.
      if (step.value && step.value < told + stride) continue;
      told = step.value;
      tell({ type: 'done', index, bytes: told });
    }
  } catch (error) {
    // Anything else ends the thread, which the main thread hears.
    if (!(error instanceof KolmoError)) throw error;
    tell({ type: 'refused', index, message: error.message });
  }
}
