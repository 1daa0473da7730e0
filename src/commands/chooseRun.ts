/** The run that a command means: its argument, the panel in front, or the user's choice of those that have what it needs. */
import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { commands, window } from 'vscode';
import { isRun, packedStage } from '../runs/folder';
import { canResume, type RunState } from '../runs/state';
import { listRunFolders, readRunOutline, rootOf } from '../views/runFolders';
import { runFacts } from '../views/runFacts';
import { targetPath, type House, type Target } from './house';

interface Kind {
  has(folder: string, state: RunState): boolean;
  /** What is said where no run has it, and the command that makes one. */
  missing: string;
  next: { command: string; title: string };
}

const train = { command: 'kolmo.train', title: 'Train Model…' };

/** The packed model that training leaves is where every pass starts. */
export const hasModel = (run: string): boolean => existsSync(join(run, packedStage('train')));

/** What commands need of a run. */
const kinds = {
  any: {
    has: () => true,
    missing:
      'There is no run yet: right-click a dataset in the Explorer and choose Kolmo: Train Model….',
    next: train,
  },
  model: {
    has: hasModel,
    missing:
      'No run holds a trained model yet: right-click a dataset in the Explorer and choose Kolmo: Train Model….',
    next: train,
  },
  record: {
    has: isRun,
    missing:
      'No run has trained anything yet: right-click a dataset in the Explorer and choose Kolmo: Train Model….',
    next: train,
  },
  program: {
    has: (_folder, { stages }) => stages.program?.result?.program !== undefined,
    missing:
      'No run has a program yet: right-click a file in the Explorer and choose Kolmo: Generate Program….',
    next: { command: 'kolmo.program', title: 'Generate Program…' },
  },
  unfinished: {
    has: (folder, state) => isRun(folder) && (canResume(state) || hasCheckpoint(folder)),
    missing:
      'No training was stopped or interrupted, so there is nothing to resume. Kolmo: Train Model… begins another run.',
    next: train,
  },
} satisfies Record<string, Kind>;

/** A checkpoint is where a training that was stopped goes on, also after its model was compressed. */
export const hasCheckpoint = (run: string): boolean => existsSync(join(run, 'checkpoint'));

/** @param needed what the runs that are offered have */
export async function chooseRun(
  house: House,
  target: Target,
  placeHolder: string,
  needed: keyof typeof kinds = 'any',
): Promise<string | undefined> {
  const given = targetPath(target) ?? house.activeRun();
  if (given) return given;
  const { has, missing, next }: Kind = kinds[needed];
  const runs = await outlinesOf(await listRunFolders());
  const offered = runs.filter(({ folder, state }) => has(folder, state));
  if (offered.length > 0) return pickRun(offered, placeHolder);
  const choice = await window.showInformationMessage(missing, next.title);
  if (choice) await commands.executeCommand(next.command);
  return undefined;
}

interface Outline {
  folder: string;
  state: RunState;
}

export const outlinesOf = (folders: string[]): Promise<Outline[]> =>
  Promise.all(folders.map(async (folder) => ({ folder, state: await readRunOutline(folder) })));

/** Lists runs with what is known of them. */
export async function pickRun(runs: Outline[], placeHolder: string): Promise<string | undefined> {
  const chosen = await window.showQuickPick(runs.map(itemOf), { placeHolder });
  return chosen?.folder;
}

/** A run as a list shows it. */
export const itemOf = ({ folder, state }: Outline) => ({
  label: basename(folder),
  description: [rootOf(folder), runFacts(state)].filter(Boolean).join(', '),
  folder,
});
