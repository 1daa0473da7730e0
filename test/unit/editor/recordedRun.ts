/** A LeNet-300-100 run as its events tell it, for tests of what panels show: seeded, with as many points as wanted. */
import { createRandom } from '../../../src/core/random';
import type { LayerMeasure, StageName, StageResult, StampedEvent } from '../../../src/runs/events';

const shapes: [string, number[]][] = [
  ['dense_1/weights', [784, 300]],
  ['dense_1/biases', [300]],
  ['dense_2/weights', [300, 100]],
  ['dense_2/biases', [100]],
  ['dense_3/weights', [100, 10]],
  ['dense_3/biases', [10]],
];

/** @param last the stage in which the record ends, still running */
export function recordedRun({ points = 400, last = undefined as StageName | undefined } = {}) {
  const random = createRandom(7);
  const events: StampedEvent[] = [];
  let at = 1_700_000_000;
  const emit = (event: object): void => {
    events.push({ ...event, at: (at += 0.01) } as StampedEvent);
  };
  const finish = (stage: StageName, result: Partial<StageResult>): void =>
    emit({
      type: 'stageFinished',
      stage,
      result: { bytes: 0, artifact: '', seconds: 1, notes: [], ...result },
    });

  emit({ type: 'stageStarted', stage: 'collect', settings: {} });
  finish('collect', { bytes: 47_040_016, artifact: '/data/train-images-idx3-ubyte', seconds: 0.4 });
  emit({ type: 'stageStarted', stage: 'preprocess', settings: { divideBy: 255 } });
  finish('preprocess', {
    bytes: 47_040_016,
    artifact: 'run.json',
    seconds: 0.2,
    notes: ['Pixels are divided by 255.'],
  });
  const curves = (stage: StageName, from: number, count: number): void => {
    for (let step = 1; step <= count; step++) {
      const loss = from * Math.exp((-3 * step) / count) + 0.02 + 0.02 * random.uniform();
      emit({ type: 'point', stage, step, split: 'training', loss, error: loss / 8 });
      if (step % Math.max(1, Math.floor(count / 20)) === 0) {
        emit({
          type: 'point',
          stage,
          step,
          split: 'validation',
          loss: loss + 0.03,
          error: loss / 7 + 0.01,
        });
      }
    }
    emit({
      type: 'progress',
      stage,
      done: count / 2,
      total: count,
      note: 'epoch 6 of 12',
      examplesPerSecond: 84_321,
      secondsLeft: 8.2,
    });
  };
  const order: [StageName, () => void][] = [
    [
      'train',
      () => {
        curves('train', 2.3, points);
        finish('train', {
          bytes: 1_067_342,
          artifact: 'model.onnx',
          seconds: 14.2,
          test: { loss: 0.07, error: 0.0164 },
          layers: layers(1, 'float32', 4),
        });
      },
    ],
    [
      'prune',
      () => {
        curves('prune', 0.4, Math.ceil(points / 2));
        emit({
          type: 'warning',
          stage: 'prune',
          message: 'dense_3/weights keeps 1 of 10 weights only; its error grew by 0.2 %.',
        });
        finish('prune', {
          bytes: 91_204,
          artifact: 'model.kolmo',
          seconds: 9.8,
          test: { loss: 0.06, error: 0.0158 },
          layers: layers(0.08, 'float32', 0.34),
        });
      },
    ],
    [
      'quantize',
      () =>
        finish('quantize', {
          bytes: 31_877,
          artifact: 'model.kolmo',
          seconds: 0.6,
          test: { loss: 0.06, error: 0.0159 },
          layers: layers(0.08, '8-bit', 0.12),
        }),
    ],
    [
      'share',
      () => {
        curves('share', 0.3, Math.ceil(points / 4));
        finish('share', {
          bytes: 24_510,
          artifact: 'model.kolmo',
          seconds: 5.1,
          test: { loss: 0.06, error: 0.0157 },
          layers: layers(0.08, 'codebook 32', 0.09),
        });
      },
    ],
    [
      'entropyCode',
      () =>
        finish('entropyCode', {
          bytes: 21_344,
          artifact: 'model.kolmo',
          seconds: 0.3,
          test: { loss: 0.06, error: 0.0157 },
          layers: layers(0.08, 'codebook 32', 0.08),
        }),
    ],
  ];
  for (const [stage, play] of order) {
    emit({ type: 'stageStarted', stage, settings: { seed: 1 } });
    if (stage === last) {
      curves(stage, 2.3, points);
      return events;
    }
    play();
  }
  emit({ type: 'finished' });
  return events;

  function layers(kept: number, encoding: string, bytesEach: number): LayerMeasure[] {
    return shapes.map(([name, shape]) => {
      const parameters = shape.reduce((product, size) => product * size, 1);
      const isBias = shape.length === 1;
      const nonZero = isBias ? parameters : Math.round(parameters * kept);
      const counts = new Array<number>(64).fill(0);
      for (let i = 0; i < Math.min(nonZero, 4000); i++) {
        const value = kept < 1 && !isBias ? pruned(random.normal()) : random.normal();
        const bin = Math.floor(((value + 4) / 8) * 64);
        if (bin >= 0 && bin < 64) counts[bin]++;
      }
      return {
        name,
        shape,
        parameters,
        nonZero,
        encoding: isBias ? 'float32' : encoding,
        bytes: Math.round(parameters * (isBias ? 4 : bytesEach)),
        entropyBytes: 0.95 * parameters * (isBias ? 4 : bytesEach),
        histogram: { minimum: -0.4, maximum: 0.4, counts },
      };
    });
  }
}

/** What is left after the small weights are gone: two humps. */
const pruned = (value: number): number => value * 0.5 + Math.sign(value) * 1.3;
