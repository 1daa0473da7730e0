/** What is asked of a run, which its folder keeps and a pipeline file holds: types only. */
import type { DatasetOptions } from '../core/data/dataset';
import type { MappedPass } from '../core/compress/descriptions';
import type { PassName, PassOptions } from '../core/compress/pass';
import type { Runtime } from '../core/engine/session';
import type { TrainOptions } from '../core/train/options';

export interface TrainRequest {
  type: 'train';
  /** Absolute path of the file that was right-clicked. */
  dataset: string;
  data: DatasetOptions;
  /** A name from the table of architectures, or `auto`. */
  architecture: string;
  training: TrainingOptions;
  /** What computes the training steps. Default: auto. */
  engine?: Runtime;
  /** Folders whose modules may be loaded: where the engine `tfjs-node` is looked for. */
  modules?: string[];
  /** Absolute path of the run folder; a folder that holds a checkpoint is resumed. */
  run: string;
  threads: number;
  /** Passes that follow the training, as a pipeline file asks for. */
  passes?: PassRequest[];
}

export interface PassRequest {
  name: PassName;
  options: PassOptions;
  fineTune: boolean;
  seed: number;
}

/** What the user has set; the architecture and `trainDefaults` give the rest. */
export type TrainingOptions = Partial<Omit<TrainOptions, 'threads' | 'runtime'>>;

export interface CompressRequest {
  type: 'compress';
  /** Absolute path of the run folder, or of a packed model file. */
  run: string;
  /** Absolute path of the run folder to make, where `run` is a model file. */
  out?: string;
  passes: { name: PassName; options: PassOptions }[];
  fineTune: boolean;
  seed: number;
  threads: number;
}

/** Finds out more about a run's model without changing it. Answers with an `AnalyseSummary`. */
export interface AnalyseRequest {
  type: 'analyse';
  run: string;
  analysis:
    | { name: 'dryRun' }
    | { name: 'sensitivity'; pass: MappedPass; settings?: number[] }
    | { name: 'prequential' };
  threads: number;
}
