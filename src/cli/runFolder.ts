/** Where a new run goes that no --out names: the runs folder of the working directory. */
import { claimRunFolder, runFolderFor } from '../runs/folder';

/** Makes the folder, whose name holds the time, the dataset and the architecture. */
export const newRunFolder = (dataset: string, architecture: string): Promise<string> =>
  claimRunFolder(runFolderFor(process.cwd(), { dataset, architecture, date: new Date() }));
