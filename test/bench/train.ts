/** Measures training speed beside PyTorch and the tfjs WebAssembly backend: interleaved, medians of five. */
import { setThreadsCount, setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import * as tf from '../../src/core/engine/tf';
import { createRandom } from '../../src/core/random';
import type { Dataset } from '../../src/core/data/dataset';
import { architectures } from '../../src/core/train/architectures/architectures';
import { initialize } from '../../src/core/train/layers/layers';
import { trainDefaults } from '../../src/core/train/options';
import { compileTrainee } from '../../src/core/train/trainee';
import type { Row } from './compress';

export const bench = {
  name: 'train',
  describe:
    'Training steps of LeNet-300-100 and LeNet-5 at batch 128 with Adam, in examples per second, beside PyTorch 2.13 with fused Adam and five times the tfjs WebAssembly backend.',
  run,
};

type Net = 'lenet-300-100' | 'lenet-5';

const batch = 128;
const rounds = 5;
const secondsEach = 2;
const venv = resolve('.cache/pytorch');
const script = resolve('test/bench/yardsticks/pytorch.py');

/** What the issue asks for, as a multiple of the yardstick. */
const goals: { net: Net; threads: number; factor: number }[] = [
  { net: 'lenet-300-100', threads: 1, factor: 1.2 },
  { net: 'lenet-300-100', threads: 2, factor: 1.2 },
  { net: 'lenet-5', threads: 1, factor: 1 },
  { net: 'lenet-5', threads: 2, factor: 1 },
];

async function run(log: (line: string) => void): Promise<Row[]> {
  const python = providePyTorch(log);
  const rows: Row[] = [];
  for (const { net, threads, factor } of goals) {
    const kolmo: number[] = [];
    const pytorch: number[] = [];
    const wasm: number[] = [];
    for (let round = 0; round < rounds; round++) {
      kolmo.push(await kolmoSpeed(net, threads));
      pytorch.push(pytorchSpeed(python, net, threads));
      // The WebAssembly backend has no convolution gradients.
      if (net === 'lenet-300-100') wasm.push(await wasmSpeed(threads));
      log(
        `${net}, ${threads} threads, round ${round + 1}: Kolmo ${kolmo[round].toFixed(0)}, ` +
          `PyTorch ${pytorch[round].toFixed(0)}, tfjs wasm ${wasm[round]?.toFixed(0) ?? '-'} examples/s`,
      );
    }
    const row = (yardstick: number, source: string): Row => ({
      what: `training ${net}, ${threads} ${threads === 1 ? 'thread' : 'threads'}`,
      measured: median(kolmo),
      yardstick,
      unit: 'examples/s',
      source,
    });
    rows.push(row(median(pytorch) * factor, `${factor} x PyTorch 2.13, fused Adam`));
    if (wasm.length > 0) rows.push(row(median(wasm) * 5, '5 x tfjs WebAssembly backend'));
  }
  return rows;
}

/** One step is what the loop does: read a batch, gradients, Adam. */
async function kolmoSpeed(net: Net, threads: number): Promise<number> {
  const dataset = randomImages();
  const model = initialize(architectures[net].build(dataset), 1);
  const settings = { ...trainDefaults, threads, shift: 0 };
  const trainee = await compileTrainee(model, dataset, batch, settings);
  const random = createRandom(1);
  const { count } = dataset.splits.training;
  const indices = (step: number) =>
    Int32Array.from({ length: batch }, (_, i) => (step * batch + i) % count);
  try {
    return await examplesPerSecond(async (step) => {
      await trainee.step(indices(step), random, 1e-3);
    });
  } finally {
    await trainee.dispose();
  }
}

async function wasmSpeed(threads: number): Promise<number> {
  setWasmPaths(resolve('node_modules/@tensorflow/tfjs-backend-wasm/dist') + '/');
  setThreadsCount(threads);
  await tf.setBackend('wasm');
  const dataset = randomImages();
  const { parameters } = initialize(architectures['lenet-300-100'].build(dataset), 1);
  const variables = parameters.map(({ data, shape }) => tf.variable(tf.tensor(data, shape)));
  const optimizer = tf.train.adam(1e-3);
  const x = tf.randomUniform([batch, 784]);
  const y = tf.oneHot(tf.randomUniform([batch], 0, 10, 'int32'), 10);
  try {
    return await examplesPerSecond(async () => {
      const loss = optimizer.minimize(() => {
        const layer = (input: tf.Tensor, i: number): tf.Tensor =>
          tf.add(tf.matMul(input, variables[i]), variables[i + 1]);
        const hidden = tf.relu(layer(tf.relu(layer(x, 0)), 2));
        return tf.losses.softmaxCrossEntropy(y, layer(hidden, 4)) as tf.Scalar;
      }, true)!;
      await loss.data();
      loss.dispose();
    });
  } finally {
    tf.dispose([x, y, ...variables]);
    optimizer.dispose();
  }
}

function pytorchSpeed(python: string, net: Net, threads: number): number {
  return Number(execFileSync(python, [script, net, String(threads), String(secondsEach)]));
}

async function examplesPerSecond(step: (index: number) => Promise<void>): Promise<number> {
  for (let i = 0; i < 20; i++) await step(i);
  const start = performance.now();
  let steps = 0;
  while (performance.now() - start < secondsEach * 1000) await step(steps++);
  return (steps * batch * 1000) / (performance.now() - start);
}

/** Makes the virtual environment once; later runs find it. */
function providePyTorch(log: (line: string) => void): string {
  const python = join(venv, 'bin/python');
  if (!existsSync(python)) {
    log(`Installing PyTorch 2.13 into ${venv}`);
    execFileSync('python3', ['-m', 'venv', venv]);
    execFileSync(python, ['-m', 'pip', 'install', '--quiet', 'torch==2.13.0', 'numpy'], {
      stdio: ['ignore', 'inherit', 'inherit'],
    });
  }
  return python;
}

/** Noise of the size of MNIST: speed does not depend on what the pixels are. */
function randomImages(): Dataset {
  const random = createRandom(1);
  const count = 64 * batch;
  const images = Float32Array.from({ length: count * 784 }, random.uniform);
  const examples = {
    count,
    read(indices: Int32Array, inputs: Float32Array, targets: Float32Array): void {
      targets.fill(0);
      indices.forEach((index, i) => {
        inputs.set(images.subarray(index * 784, (index + 1) * 784), i * 784);
        targets[i * 10 + (index % 10)] = 1;
      });
    },
  };
  const classes = Array.from({ length: 10 }, (_, i) => String(i));
  return {
    name: 'noise',
    files: [],
    task: { type: 'classification', target: 'label', classes },
    inputShape: [28, 28, 1],
    targetSize: 10,
    splits: { training: examples, validation: examples, test: examples },
    preprocessing: { type: 'image', divideBy: 255 },
    notes: [],
  };
}

const median = (values: number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
