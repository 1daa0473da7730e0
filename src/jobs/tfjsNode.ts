/** Loads the user's own @tensorflow/tfjs-node: its backend joins the TensorFlow.js of this process. */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import util from 'node:util';
import { KolmoError } from '../core/error';

const name = '@tensorflow/tfjs-node';

/**
 * Looks in the `node_modules` of these folders and of those above them. Both copies of TensorFlow.js keep
 * kernels and backends in one global place, so that ours then computes on its library.
 * @throws KolmoError when it is not installed or its library does not load
 */
export function loadTfjsNode(folders: string[], threads: number): void {
  // Removed in Node 23, four years after the package last asked for them.
  const removed: Record<string, (value: unknown) => boolean> = {
    isNullOrUndefined: (value) => value === null || value === undefined,
    isArray: Array.isArray,
  };
  for (const key in removed) {
    if (!(key in util)) Object.assign(util, { [key]: removed[key] });
  }
  process.env.TF_NUM_INTRAOP_THREADS = String(threads);
  process.env.TF_NUM_INTEROP_THREADS = '1';
  process.env.TF_CPP_MIN_LOG_LEVEL ??= '2';
  const path = findTfjsNode(folders);
  try {
    createRequire(path)(path);
  } catch (error) {
    const [reason] = (error as Error).message.split('\n');
    throw new KolmoError(
      `${path} does not load (${reason}): install ${name} again, or choose the engine auto.`,
    );
  }
}

/** Path of the module, which is not loaded; throws a KolmoError where it is not installed. */
export function findTfjsNode(folders: string[]): string {
  for (const folder of folders) {
    try {
      return createRequire(join(folder, 'package.json')).resolve(name);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'MODULE_NOT_FOUND') throw error;
    }
  }
  throw new KolmoError(
    `The engine tfjs-node needs ${name}, which is not installed in ${folders.join(' or ')}: ` +
      `run npm install ${name} there, or choose the engine auto.`,
  );
}
