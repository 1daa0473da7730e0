/** The contract of a reader: one kind of data on disk, described quickly and collected into a Dataset. */
import type { Dataset, DatasetOptions } from './dataset';

export type ReaderName = 'idx' | 'table' | 'symbols' | 'imageFolder';

export interface Reader {
  /** `IDX images`, as quick picks show it. */
  title: string;
  takes: 'file' | 'folder';
  /**
   * Whether this reader takes the file or folder.
   * @param name its name in lower case
   * @param head the first bytes of the file, at most 4096
   */
  matches(name: string, head: Uint8Array): boolean;
  describe(path: string): Promise<DatasetDescription>;
  collect(path: string, options: DatasetOptions): AsyncGenerator<CollectEvent, Dataset>;
}

export interface CollectEvent {
  type: 'progress';
  done: number;
  /** 0 while it is not known. */
  total: number;
  note: string;
}

/** What quick picks show before anything is collected. */
export interface DatasetDescription {
  kind: ReaderName;
  /** Examples; an estimate where `rowsAreEstimated`. */
  rows: number;
  rowsAreEstimated?: boolean;
  /** Shape of one example's input without the batch, where it is known before collecting. */
  inputShape?: number[];
  /** How many classes the images of a folder are sorted into; 0 where they are not. */
  classes?: number;
  columns?: ColumnDescription[];
  /** Columns that can be the target, best guess first. */
  targets?: string[];
  /** Why it cannot be collected, as a sentence. */
  problem?: string;
}

export interface ColumnDescription {
  name: string;
  type: ColumnType;
  /** Distinct values among the rows that were looked at. */
  distinct: number;
  /** Missing values among the rows that were looked at. */
  missing: number;
  /** Place in `targets`, 0 = best guess; -1 where the column cannot be a target. */
  guessRank: number;
}

/** Dates and times are numbers of seconds; booleans are categories. */
export type ColumnType = 'number' | 'integer' | 'category' | 'time' | 'unsupported';
