/** The contract of an architecture: which datasets it fits, and its layers made for one of them. */
import type { Dataset } from '../../data/dataset';
import type { Architecture } from '../model';
import type { TrainOptions } from '../options';

export type ArchitectureName =
  'lenet-300-100' | 'lenet-5' | 'mlp' | 'autoencoder' | 'gan' | 'gan-batch-norm' | 'next-symbol';

/** What is known of a dataset before it is collected in full. */
export type DatasetShape = Pick<Dataset, 'task' | 'inputShape' | 'targetSize' | 'codes'>;

/** One row of the table in `architectures.ts`. */
export interface ArchitectureChoice {
  name: ArchitectureName;
  title: string;
  /** One line for the quick pick. */
  description: string;
  /** True, or why not: a sentence. */
  fits(dataset: DatasetShape): true | string;
  /** How well it suits the datasets that it fits; `auto` takes the highest. */
  preference: number;
  /** Why `auto` took it: ends "… because". */
  reason: string;
  build(dataset: DatasetShape): Architecture;
  /** Training settings that differ from `trainDefaults`. */
  training: Partial<TrainOptions>;
}
