/** What every reader delivers and every training loop consumes: examples in three splits, ready as numbers. */

export type SplitName = 'training' | 'validation' | 'test';

/** What the model is asked to do; the target width follows from it. */
export type Task =
  | { type: 'classification'; target: string; classes: string[] }
  | { type: 'regression'; target: string; mean: number; standardDeviation: number }
  | { type: 'generation' }
  | { type: 'nextSymbol'; symbols: number };

/** The examples of one split; `read` gathers a batch and may touch the disk, so that data need not fit in memory. */
export interface Examples {
  count: number;
  /**
   * Writes the examples at `indices` in order.
   * @param inputs [indices.length, product of inputShape] float32, already preprocessed
   * @param targets [indices.length, targetSize] one-hot classes, the standardised number, or the symbol after each
   */
  read(indices: Int32Array, inputs: Float32Array, targets: Float32Array): void;
}

export interface Dataset {
  name: string;
  /** The files it was collected from, with the SHA-256 of each and its size in bytes. */
  files: { path: string; bytes: number; sha256: string }[];
  task: Task;
  /** Shape of one example's input without the batch: [784] is flat, [28, 28, 1] is an image. */
  inputShape: number[];
  targetSize: number;
  /** Symbols of each of the input's last positions, where those hold codes of categories; absent where all hold amounts. */
  codes?: number[];
  splits: Record<SplitName, Examples>;
  /** Everything learned from the training split (medians, means, vocabularies), as JSON kept in the run. */
  preprocessing: Preprocessing;
  /** Sentences for the report: what was filled, dropped or guessed. */
  notes: string[];
  /** Present while examples are still being read, from what was asked to give its dataset `early`. */
  arriving?: Arriving;
  /** Gives back what the examples hold open (a cache file); they cannot be read afterwards. */
  close?(): Promise<void>;
}

/** Examples that come in groups, in an order that the seed decides. The first epoch takes them as they come. */
export interface Arriving {
  /** Indices of the training examples of each group. */
  groups: Int32Array[];
  /** Waits for the first so many groups, and reads one ahead. With all of them, every split can be read. */
  arrived(groups: number): Promise<void>;
}

export type Preprocessing =
  | { type: 'image'; divideBy: number }
  | { type: 'table'; columns: ColumnPreprocessing[] }
  /** Symbol i stands for byte `bytes[i]`; one more symbol, where there is room, for all others. */
  | { type: 'symbols'; window: number; bytes: number[] };

export type ColumnPreprocessing =
  | { type: 'number'; name: string; fill: number; mean: number; standardDeviation: number }
  | { type: 'category'; name: string; fill: string; values: string[] }
  /** Code i + 1 stands for `values[i]`, code 0 for all others. */
  | { type: 'code'; name: string; fill: string; values: string[] }
  | { type: 'dropped'; name: string; reason: string };

/** The answers a user can give before collecting; everything has a default (see `collect`). */
export interface DatasetOptions {
  /** Target column of a table. Default: the reader's first guess. */
  target?: string;
  /** Share of the training examples held out for validation. */
  validationShare: number;
  /** Share held out for test where the dataset has no test files of its own. */
  testShare: number;
  seed: number;
  /** Folder for the rows of a table that is too large for memory. Default: all rows stay in memory. */
  cacheFolder?: string;
  /**
   * Images and symbols of more than so many bytes are read where they lie; rows of a table go to the cache folder,
   * where there is one.
   */
  memoryBytes: number;
  /** Gives the dataset before a table that does not fit in memory has been read to its end. */
  early: boolean;
}

export const datasetDefaults: DatasetOptions = {
  validationShare: 1 / 12,
  testShare: 0.15,
  seed: 1,
  memoryBytes: 128 << 20,
  early: false,
};
