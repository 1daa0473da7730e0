/** What every job is given besides its request. */
import { KolmoError } from '../core/error';
import type { EventFiles } from './tensorboard';

export interface JobContext {
  /** Whether the job was asked to stop; looked at between batches. */
  stopping(): boolean;
  /** The job's clock in seconds since the Unix epoch: the core has none. */
  now(): number;
  /** TensorBoard's files of the run; absent for a job without a run. */
  board?: EventFiles;
}

/** Throws the sentence once the job was asked to stop: what work that is relayed looks at before each step. */
export const unlessStopped =
  ({ stopping }: JobContext, sentence: string) =>
  (): void => {
    if (stopping()) throw new KolmoError(sentence);
  };
