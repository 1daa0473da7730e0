import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { cpSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, it } from 'node:test';
import { datasetDefaults } from '../../../src/core/data/dataset';
import { startJob, type Job } from '../../../src/jobs/job';
import { startTensorBoard } from '../../../src/jobs/tensorboardServer';
import type { TrainRequest } from '../../../src/runs/runRequests';
import { encodeTensorBoard, tensorBoardHeader } from '../../../src/report/tensorboard';
import { readState } from '../../../src/runs/folder';
import { syntheticIdx } from '../../fixtures/syntheticIdx';
import { temporaryFolder } from '../../fixtures/temporaryFolder';

const worker = resolve('out/dist/worker.js');

/** Python with the tensorboard package, for the reader that counts. */
const python = process.env.KOLMO_TENSORBOARD_PYTHON ?? 'python3';

const script = `
import json, sys
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator, STORE_EVERYTHING_SIZE_GUIDANCE
answers = {}
for folder in sys.argv[1:]:
    a = EventAccumulator(folder, STORE_EVERYTHING_SIZE_GUIDANCE); a.Reload()
    tags = a.Tags()
    answers[folder] = {
        'scalars': {tag: [[e.step, e.value] for e in a.Scalars(tag)] for tag in tags['scalars']},
        'histograms': {tag: [[e.step, e.histogram_value.num, e.histogram_value.sum] for e in a.Histograms(tag)] for tag in tags['histograms']},
        'images': {tag: [[e.step, e.width, e.height, e.encoded_image_string[:4].hex()] for e in a.Images(tag)] for tag in tags['images']},
    }
print(json.dumps(answers))
`;

interface Read {
  scalars: Record<string, [step: number, value: number][]>;
  histograms: Record<string, [step: number, count: number, sum: number][]>;
  images: Record<string, [step: number, width: number, height: number, magic: string][]>;
}

function lacksTensorBoard(): string | undefined {
  try {
    execFileSync(python, ['-c', 'import tensorboard'], { stdio: 'ignore' });
    return undefined;
  } catch {
    return `${python} has no tensorboard package: pip install tensorboard, or name another Python in KOLMO_TENSORBOARD_PYTHON`;
  }
}

describe('the TensorBoard files of a run', () => {
  it('hold what its history holds, while it goes on and after it was stopped and resumed', async (t) => {
    const missing = lacksTensorBoard();
    if (missing) {
      t.skip(missing);
      return;
    }
    const { images, labels } = syntheticIdx({ count: 900, side: 8 });
    const folder = temporaryFolder(t, {
      'train-images-idx3-ubyte': images,
      'train-labels-idx1-ubyte': labels,
    });
    const run = join(folder, '.kolmo', 'runs', 'drawn');
    const request: TrainRequest = {
      type: 'train',
      dataset: join(folder, 'train-images-idx3-ubyte'),
      data: datasetDefaults,
      architecture: 'autoencoder',
      training: { epochs: 6, batchSize: 32, patience: 0, seed: 5 },
      run,
      threads: 1,
    };
    const board = join(run, 'tensorboard');
    const during = join(folder, 'during');
    let epochs = 0;
    const job: Job = startJob(request, {
      worker,
      onMessage(message) {
        if (message.type !== 'events') return;
        const points = message.events.filter(({ type }) => type === 'samples');
        if (epochs < 3 && (epochs += points.length) >= 3) {
          cpSync(board, during, { recursive: true });
          job.stop();
        }
      },
    });
    await job.result;
    await startJob(request, { worker }).result;

    const folders = [during, board].flatMap((parent) =>
      ['training', 'validation'].map((split) => join(parent, split)),
    );
    const answers = JSON.parse(
      execFileSync(python, ['-c', script, ...folders], {
        stdio: ['ignore', 'pipe', 'ignore'],
      }).toString(),
    ) as Record<string, Read>;
    const [early, , training, validation] = folders.map((name) => answers[name]);
    assert.ok(early.scalars['train/loss'].length >= 2, 'nothing could be read during the run');

    const stage = (await readState(run)).stages.train!;
    const close = (read: [number, number][], step: number[], loss: number[]): void => {
      assert.deepEqual(
        read.map(([at]) => at),
        step,
      );
      read.forEach(([, value], i) => assert.ok(Math.abs(value - loss[i]) < 1e-6 * loss[i]));
    };
    close(training.scalars['train/loss'], stage.training.step, stage.training.loss);
    close(validation.scalars['train/loss'], stage.validation.step, stage.validation.loss);

    const steps = stage.validation.step;
    assert.equal(steps.length, 6);
    for (const [tag, count] of [
      ['dense_1/weights', 64 * 256],
      ['dense_1/weights/gradient', 64 * 256],
      ['dense_4/biases', 64],
    ] as const) {
      const histograms = training.histograms[tag];
      assert.deepEqual(
        histograms.map(([step]) => step),
        steps,
      );
      assert.ok(histograms.every(([, number]) => number === count));
    }
    const sums = training.histograms['dense_1/weights'].map(([, , sum]) => sum);
    assert.equal(new Set(sums).size, 6, 'the weights stand still');

    // Eight images of 8 pixels with 2 between two of them.
    const [first] = training.images.samples;
    assert.deepEqual(first, [steps[0], 78, 78, '89504e47']);
    assert.equal(training.images.samples.length, 6);
    assert.deepEqual(
      stage.samples.map(({ epoch, step }) => [epoch, step]),
      steps.map((step, i) => [i + 1, step]),
    );
    for (const { file } of stage.samples) {
      assert.equal(readFileSync(join(run, file)).subarray(1, 4).toString(), 'PNG');
    }
  });
});

describe('startTensorBoard', () => {
  it('serves a run on a port of its own, and ends when it is told to', async (t) => {
    const missing = lacksTensorBoard();
    if (missing) {
      t.skip(missing);
      return;
    }
    const folder = temporaryFolder(t, {
      'training/events.out.tfevents.1000.kolmo.1': Buffer.concat([
        tensorBoardHeader(1000),
        encodeTensorBoard([{ type: 'scalar', tag: 'train/loss', value: 1, step: 1, at: 1000 }]),
      ]),
    });
    // An interpreter that is not there is passed over.
    const server = await startTensorBoard(folder, [join(folder, 'python'), python]);
    try {
      const runs = async () => (await (await fetch(`${server.url}data/runs`)).json()) as string[];
      for (let tries = 0; tries < 100 && (await runs()).length === 0; tries++) {
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
      assert.deepEqual(await runs(), ['training']);
    } finally {
      server.stop();
    }
    await server.ended;
  });

  it('says how to install it where nobody has it', async (t) => {
    const folder = temporaryFolder(t);
    const path = process.env.PATH;
    process.env.PATH = folder;
    try {
      await assert.rejects(
        startTensorBoard(folder, [join(folder, 'my python')]),
        /not installed: install it with `".*my python" -m pip install tensorboard` and open it again/,
      );
    } finally {
      process.env.PATH = path;
    }
  });
});
