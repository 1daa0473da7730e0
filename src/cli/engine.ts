/** The flag --engine: what computes the steps of training. Only who gives it lets `tfjs-node` be loaded from a folder. */
import { dirname, resolve } from 'node:path';
import type { Runtime } from '../core/engine/session';
import type { TrainRequest } from '../runs/runRequests';
import type { Pipeline } from '../runs/pipelineFile';
import { engineSetting } from '../runs/trainSettings';
import { flagOf, UsageError, type Flag, type Parsed } from './command';

export const engineFlag: Flag = {
  ...flagOf(engineSetting),
  description:
    'What computes the steps; tfjs-node is looked for from the working directory and the dataset.',
};

/** What a request is told of the engine, and where it finds `tfjs-node`. */
export function engineChoice(
  given: Parsed['given'],
  dataset: string,
): Pick<TrainRequest, 'engine' | 'modules'> {
  const engine = given.get('engine') as Runtime | undefined;
  return engine === undefined ? {} : { engine, modules: [process.cwd(), dirname(dataset)] };
}

/**
 * What the file asks for, but for what flags say otherwise, and where the engine is looked for.
 * @throws UsageError where only the file, and not who runs it, wants code to be loaded
 */
export function overruled<Asked extends Pick<Pipeline, 'dataset' | 'engine'>>(
  asked: Asked,
  file: string,
  { given, threads, seed }: Pick<Parsed, 'given' | 'threads' | 'seed'>,
): { wanted: Asked; modules?: string[] } {
  if (asked.engine === 'tfjs-node' && !given.has('engine')) {
    throw new UsageError(
      `${file} asks for the engine tfjs-node, which is loaded from the folders around the dataset: allow it with --engine tfjs-node, or choose another.`,
    );
  }
  const dataset = resolve(dirname(resolve(file)), asked.dataset);
  const { engine, modules } = engineChoice(given, dataset);
  const wanted = {
    ...asked,
    ...(engine !== undefined && { engine }),
    ...(given.has('threads') && { threads }),
    ...(given.has('seed') && { seed }),
  };
  return { wanted, modules };
}
