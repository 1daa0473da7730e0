/** A training as a run sees it: its events, its checkpoints and pictures on the disk, and a stop that is passed on. */
import { join } from 'node:path';
import type { TrainEvent, TrainResult } from '../core/train/loop';
import { imageGrid } from '../report/png';
import { writeArtifact } from '../runs/artifact';
import type { RunEvent } from '../runs/events';
import type { JobContext } from './context';

/** Least seconds between two checkpoints on disk; what stops a training keeps the last one in any case. */
const checkpointSeconds = 2;

/** Where a run keeps the checkpoint that its training can go on from. */
export const checkpointOf = (run: string): string => join(run, 'checkpoint', 'training.bin');

/** Passes events on, keeps checkpoints, and asks the loop to end when the job is to stop. */
export async function* followTraining(
  training: AsyncGenerator<TrainEvent, TrainResult, 'stop' | void>,
  run: string,
  { stopping, now, board }: JobContext,
): AsyncGenerator<RunEvent, TrainResult> {
  let keptAt = -Infinity;
  /** The last checkpoint, until it is on the disk. */
  let latest: Uint8Array | undefined;
  const keep = async (): Promise<void> => {
    if (!latest) return;
    await writeArtifact(checkpointOf(run), latest);
    keptAt = now();
    latest = undefined;
  };
  let start: { examples: number; at: number } | undefined;
  try {
    for (;;) {
      const step = await training.next(stopping() ? 'stop' : undefined);
      if (step.done) {
        if (step.value.ended === 'stopped') await keep();
        return step.value;
      }
      const event = step.value;
      switch (event.type) {
        case 'checkpoint':
          latest = event.bytes;
          if (now() - keptAt >= checkpointSeconds) await keep();
          break;
        case 'progress': {
          const { examples, ...rest } = event;
          start ??= { examples, at: now() };
          const elapsed = now() - start.at;
          yield {
            ...rest,
            stage: 'train',
            ...(elapsed > 0.2 && {
              examplesPerSecond: Math.round((examples - start.examples) / elapsed),
            }),
          };
          break;
        }
        case 'epoch':
          board?.parameters(event);
          break;
        case 'samples': {
          const { step, epoch, images, shape, columns } = event;
          const picture = imageGrid(images, shape, columns);
          const file = `samples/epoch-${String(epoch).padStart(4, '0')}.png`;
          await writeArtifact(join(run, file), picture.png);
          board?.image(step, 'samples', picture);
          yield { type: 'samples', stage: 'train', step, epoch, file };
          break;
        }
        case 'point':
        case 'warning':
          yield { ...event, stage: 'train' };
          break;
        default:
          event satisfies never;
      }
    }
  } finally {
    await training.return(undefined as never);
  }
}
