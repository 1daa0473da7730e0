/** Where the run of a command goes: the folder that --out names, or a new one in the runs folder of the working directory. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { dropRefused } from '../jobs/dropRefused';
import { claimRunFolder, runFolderFor } from '../runs/folder';

export interface RunNames {
  out: string | undefined;
  /** Of these the name of a new folder is made. */
  dataset: string;
  architecture: string;
}

/** Runs a job in its folder; a new one goes again where the job is refused before anything was made. */
export async function inRunFolder<Result>(
  { out, dataset, architecture }: RunNames,
  job: (run: string) => Promise<Result>,
): Promise<Result> {
  const isNew = out === undefined || !existsSync(out);
  const run =
    out === undefined
      ? await claimRunFolder(
          runFolderFor(process.cwd(), { dataset, architecture, date: new Date() }),
        )
      : resolve(out);
  return dropRefused({ run, isNew }, job(run));
}
