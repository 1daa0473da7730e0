/** What commands may use besides their arguments: running jobs and opening panels. */
import type { LogOutputChannel } from 'vscode';
import type { Jobs } from '../views/jobs';

export interface House {
  jobs: Jobs;
  log: LogOutputChannel;
  /** Opens or reveals the panel of a run folder. */
  openRun(folder: string): void;
  /** The run whose panel is in front. */
  activeRun(): string | undefined;
  /** Opens a panel with several runs side by side. */
  compareRuns(folders: string[]): Promise<void>;
  /** Opens a panel with two model files, of which the second is measured against the first. */
  compareModels(a: string, b: string): void;
  /** Bytes of a model in all its files, from its header. */
  modelBytes(file: string): Promise<number>;
  /** Opens a run in TensorBoard and gives its address. */
  openTensorBoard(run: string): Promise<string | undefined>;
  /** Shades a file, or the one in front, by its surprisal, or takes the shades away; of images it shows heat maps. */
  toggleSurprisal(file?: string): Promise<boolean>;
  /** Lists the dearest and the cheapest regions of the text file in front. */
  listRegions(): Promise<void>;
}

/** What the Explorer, a tree item, a panel or a test hands to a command. */
export type Target = { fsPath: string } | { folder: string } | string | undefined;

/** Absolute path of a target. */
export function targetPath(target: Target): string | undefined {
  if (target === undefined || typeof target === 'string') return target;
  return 'fsPath' in target ? target.fsPath : target.folder;
}
