/** What a surprisal request does: measures what each byte of a file costs. */
import { readFile } from 'node:fs/promises';
import { KolmoError } from '../core/error';
import { surprisal, type Surprisal } from '../core/program/surprisal';
import type { RunEvent } from '../runs/events';
import type { JobContext } from './context';
import type { SurprisalRequest } from './protocol';

export interface SurprisalMeasure extends Surprisal {
  file: string;
  /** What was measured: the file, or its beginning. */
  data: Uint8Array;
  /** Bytes of the whole file. */
  size: number;
}

export async function* surprisalRun(
  { file, limit, samples }: SurprisalRequest,
  { stopping }: JobContext,
): AsyncGenerator<RunEvent, SurprisalMeasure> {
  const bytes = new Uint8Array(
    await readFile(file).catch((error: Error) => {
      throw new KolmoError(`${file} cannot be read: ${error.message}.`);
    }),
  );
  const measuring = surprisal(bytes, { limit, samples });
  try {
    for (;;) {
      if (stopping()) throw new KolmoError('Stopped before the surprisal was measured.');
      const step = await measuring.next();
      if (step.done) {
        return {
          file,
          data: bytes.slice(0, step.value.costs.length),
          size: bytes.length,
          ...step.value,
        };
      }
      if (step.value.type === 'progress') yield { ...step.value, stage: 'program' };
    }
  } finally {
    await measuring.return(undefined as never);
  }
}
