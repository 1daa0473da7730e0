/** The folders that Kolmo fills itself, whose model files are seen in their runs. */
import { dirname, isAbsolute, join, relative, sep } from 'node:path';

/** A workspace folder and the folder of its runs. */
export interface RunsOf {
  folder: string;
  runs: string;
}

/** The name of the folder of sweeps, beside that of the runs. */
export const sweepsName = 'sweeps';

const ownFolders = (runs: string): string[] => [runs, join(dirname(runs), sweepsName)];

/** What a search for model files leaves out, as a glob seen from any of the workspace folders. */
export function excludedGlob(workspace: RunsOf[]): string {
  const own = workspace.flatMap(({ folder, runs }) =>
    ownFolders(runs)
      .map((path) => relative(folder, path))
      .filter((path) => path !== '' && !/^\.\.([\\/]|$)/.test(path) && !isAbsolute(path))
      // A sign that means something in a glob is matched as any sign.
      .map((path) => `${path.replaceAll(sep, '/').replace(/[[\]{}*?!,]/g, '?')}/**`),
  );
  return `{${[...new Set(['**/node_modules/**', '**/.kolmo/**', ...own])].join(',')}}`;
}

/** Whether a file lies in a folder that Kolmo fills. */
export const isOwn = (path: string, workspace: RunsOf[]): boolean =>
  workspace.some(({ runs }) => ownFolders(runs).some((folder) => path.startsWith(folder + sep)));
