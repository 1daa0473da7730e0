/** What a surprisal request does: measures what each byte of a file, or of the pixels in a folder, costs. */
import type { CollectEvent } from '../core/data/reader';
import type { ProgramEvent } from '../core/program/contract';
import { surprisal, type Surprisal } from '../core/program/costs/surprisal';
import { relay } from '../core/relay';
import type { RunEvent } from '../runs/events';
import { unlessStopped, type JobContext } from './context';
import { readMeasured, type Measured } from './measured';
import type { SurprisalRequest } from './protocol';

export interface SurprisalMeasure extends Surprisal, Measured {
  file: string;
}

export async function* surprisalRun(
  { file, ...most }: SurprisalRequest,
  context: JobContext,
): AsyncGenerator<RunEvent, SurprisalMeasure> {
  const measured = yield* untilStopped(readMeasured(file, most), context);
  const costs = yield* untilStopped(surprisal(measured.data, measured.size), context);
  return { file, ...measured, ...costs };
}

/** Passes on how far it is, until it ends or is asked to stop. */
const untilStopped = <Result>(
  steps: AsyncGenerator<CollectEvent | ProgramEvent, Result>,
  context: JobContext,
): AsyncGenerator<RunEvent, Result> =>
  relay(
    steps,
    (event) => (event.type === 'progress' ? { ...event, stage: 'program' as const } : undefined),
    unlessStopped(context, 'Stopped before the surprisal was measured.'),
  );
