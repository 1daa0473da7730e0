/** Writes a run's TensorBoard event files while it goes on: `tensorboard/training` and `tensorboard/validation`, so that curves overlay. */
import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { histogramOf } from '../core/compress/analysis/histogram';
import type { Picture } from '../report/png';
import { encodeTensorBoard, tensorBoardHeader, type TensorBoardEvent } from '../report/tensorboard';
import type { TrainEvent } from '../core/train/events';
import { diskError } from '../runs/diskError';
import type { StampedEvent } from '../runs/events';

/** What TensorBoard is told, besides what stands in the history. */
export interface EventFiles {
  /** Losses and accuracies of the points among the events; a resumed stage takes back what came after its checkpoint. */
  append(events: StampedEvent[]): void;
  /** Histograms of all weights and of the last step's gradients. */
  parameters(epoch: Extract<TrainEvent, { type: 'epoch' }>): void;
  image(step: number, tag: string, picture: Picture): void;
  close(): void;
}

type Split = 'training' | 'validation';

/** A job writes one file a folder, since TensorBoard follows the newest only; nothing is made before there is something to say. */
export function openEventFiles(run: string, now: () => number): EventFiles {
  const files = new Map<Split, number>();
  const write = (split: Split, events: TensorBoardEvent[]): void => {
    if (events.length === 0) return;
    const folder = join(run, 'tensorboard', split);
    try {
      let file = files.get(split);
      if (file === undefined) {
        mkdirSync(folder, { recursive: true });
        // The time in front sorts the files of one run; the process keeps those of one second apart.
        const seconds = Math.floor(now());
        file = openSync(join(folder, `events.out.tfevents.${seconds}.kolmo.${process.pid}`), 'a');
        files.set(split, file);
        writeWhole(file, tensorBoardHeader(now()));
      }
      writeWhole(file, encodeTensorBoard(events));
    } catch (error) {
      throw diskError(error, folder);
    }
  };
  return {
    append(events) {
      write('training', events.flatMap(scalarsOf('training')));
      write('validation', events.flatMap(scalarsOf('validation')));
    },
    parameters({ step, weights, gradients }) {
      const at = now();
      const spread = (tag: string, data: Float32Array): TensorBoardEvent => {
        const histogram = histogramOf(data);
        const counted = histogram.counts.reduce((sum, count) => sum + count, 0);
        return { type: 'histogram', at, step, tag, histogram, zeros: data.length - counted };
      };
      write('training', [
        ...Object.entries(weights).map(([name, data]) => spread(name, data)),
        ...Object.entries(gradients).map(([name, data]) => spread(`${name}/gradient`, data)),
      ]);
    },
    image(step, tag, picture) {
      write('training', [{ type: 'image', at: now(), step, tag, ...picture }]);
    },
    close: () => files.forEach(closeSync),
  };
}

const scalarsOf =
  (split: Split) =>
  (event: StampedEvent): TensorBoardEvent[] => {
    if (event.type === 'stageStarted' && event.resumedAt !== undefined) {
      return [{ type: 'restart', at: event.at, step: event.resumedAt + 1 }];
    }
    if (event.type !== 'point' || event.split !== split) return [];
    const { at, step, stage, loss, error, adversaryLoss } = event;
    const scalar = (name: string, value: number): TensorBoardEvent => ({
      type: 'scalar',
      at,
      step,
      tag: `${stage}/${name}`,
      value,
    });
    return [
      scalar('loss', loss),
      ...(error === undefined ? [] : [scalar('accuracy', 1 - error)]),
      ...(adversaryLoss === undefined ? [] : [scalar('discriminator loss', adversaryLoss)]),
    ];
  };

function writeWhole(file: number, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length;) done += writeSync(file, bytes, done);
}
