/** A run in few words, for lists, tabs and quick picks. */
import { basename } from 'node:path';
import { stageOrder } from '../report/mermaid';
import type { RunState } from '../runs/state';
import { formatShortBytes, metricText } from '../runs/units';

/** `iris-mlp` of `…/2026-11-24-183000-iris-mlp`: lists are sorted by the time already. */
export const runName = (folder: string): string =>
  basename(folder).replace(/^\d{4}-\d\d-\d\d-\d{6}-/, '');

/** `2026-11-24 19:30` of `…/2026-11-24-183000-iris-mlp` an hour east of Greenwich: what tells runs of one name apart; empty for another name. */
export function runTime(folder: string): string {
  const [, day, ...clock] = /^(\d{4}-\d\d-\d\d)-(\d\d)(\d\d)(\d\d)-/.exec(basename(folder)) ?? [];
  if (day === undefined) return '';
  const began = new Date(`${day}T${clock.join(':')}Z`);
  const two = (part: number): string => String(part).padStart(2, '0');
  const date = [began.getFullYear(), two(began.getMonth() + 1), two(began.getDate())].join('-');
  return `${date} ${two(began.getHours())}:${two(began.getMinutes())}`;
}

/**
 * Names of runs that are shown side by side: without the time where that tells them apart, else with the time, and where that does
 * not suffice, with the workspace folder.
 * @param rootOf gives the name of the workspace folder that a run is in
 */
export function distinctNames(folders: string[], rootOf: (folder: string) => string): string[] {
  const long = folders.map((folder) => basename(folder));
  const full = folders.map((folder, i) => [rootOf(folder), long[i]].filter(Boolean).join('/'));
  const isDistinct = (names: string[]): boolean => new Set(names).size === names.length;
  return [folders.map(runName), long].find(isDistinct) ?? full;
}

/** A sentence about a run with its name in front, unless it says it: several jobs may run at once. */
export function namingRun(folder: string, sentence: string): string {
  const name = basename(folder);
  return sentence.includes(name) ? sentence : `${name}: ${sentence}`;
}

/** `finished, 26.1 kB, error 1.58 %`: the last model that the run wrote, or the program of a run that wrote nothing else. */
export function runFacts(state: RunState): string {
  const results = stageOrder(state)
    .filter((name) => name !== 'collect' && name !== 'preprocess' && name !== 'program')
    .flatMap((name) => state.stages[name]?.result ?? []);
  const last = results.at(-1) ?? state.stages.program?.result;
  return [
    state.status,
    ...(last ? [formatShortBytes(last.bytes)] : []),
    ...(last?.test ? [metricText(last.test)] : []),
  ].join(', ');
}
