/** The entry of a thread that does what it is told, until it is ended: codes a block of a file, or tries models. */
import { parentPort } from 'node:worker_threads';
import { codeBlock, type BlockTask } from '../core/program/blocks';
import { createMemory, tryModel, type Trial } from '../core/program/model/evaluate';
import { KolmoError } from '../core/error';
import { readPart } from './blocks';
import type { FromBlock, FromTrial, ToThread } from './threads';

/** Progress is told after so many bytes. */
const stride = 1 << 16;

const tell = (message: FromBlock | FromTrial): void => parentPort!.postMessage(message);

parentPort!.on('message', (asked: ToThread) => void work(asked));

async function work(asked: ToThread): Promise<void> {
  try {
    if (asked.type === 'block') await code(asked.from, asked.task);
    else tell(tried(asked.trial, asked.dropped));
  } catch (error) {
    // Anything else ends the thread, which the main thread hears.
    if (!(error instanceof KolmoError)) throw error;
    tell({ type: 'refused', message: error.message });
  }
}

async function code(from: string | Uint8Array, task: BlockTask): Promise<void> {
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
}

const memory = createMemory();

function tried(trial: Trial, dropped: Int32Array): FromTrial {
  const steps = tryModel(trial, memory);
  while (!Atomics.load(dropped, 0)) {
    const step = steps.next();
    if (step.done) return { type: 'tried', cost: step.value };
  }
  return { type: 'dropped' };
}
