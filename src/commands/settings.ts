/** The user's settings, read when a job starts; package.json describes each. */
import { availableParallelism } from 'node:os';
import { workspace } from 'vscode';
import type { Runtime } from '../core/engine/session';

export interface Settings {
  /** Threads of a job process. */
  threads: number;
  /** Left to the architecture where the user has set none. */
  epochs?: number;
  patience?: number;
  seed: number;
  effort: 'fast' | 'balanced' | 'max';
  engine: Runtime;
  /** Where `tfjs-node` is looked for. */
  modules: string[];
}

/** The engine as a request names it, which is left out where the job may choose. */
export const engineChoice = ({
  engine,
  modules,
}: Settings): { engine?: Runtime; modules?: string[] } =>
  engine === 'auto' ? {} : { engine, modules };

export function readSettings(): Settings {
  const configuration = workspace.getConfiguration('kolmo');
  const tfjsNode = configuration.get<string>('tfjsNode', '');
  return {
    threads: configuration.get<number>('threads', 0) || Math.max(1, availableParallelism() - 1),
    epochs: configuration.get<number | null>('epochs') ?? undefined,
    patience: configuration.get<number | null>('patience') ?? undefined,
    seed: configuration.get<number>('seed', 1),
    effort: configuration.get<Settings['effort']>('programEffort', 'balanced'),
    engine: configuration.get<Runtime>('engine', 'auto'),
    modules: tfjsNode
      ? [tfjsNode]
      : (workspace.workspaceFolders ?? []).map(({ uri }) => uri.fsPath),
  };
}
