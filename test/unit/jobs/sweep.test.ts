import assert from 'node:assert/strict';
import { spawnSync, type SpawnSyncReturns } from 'node:child_process';
import { readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { describe, it } from 'node:test';
import type { SweepSummary } from '../../../src/runs/sweepFile';
import { lockRun } from '../../../src/runs/lock';
import { combinationsOf, parseSweep } from '../../../src/runs/sweepFile';
import { formatAmount } from '../../../src/runs/units';
import { paretoFront } from '../../../src/report/literature';
import { syntheticTable } from '../../fixtures/syntheticTable';
import { temporaryFolder } from '../../fixtures/temporaryFolder';

const file = {
  dataset: 'a.csv',
  preprocessing: { target: 'grade' },
  architecture: 'mlp',
  training: { epochs: 2 },
  passes: [
    { pass: 'prune', sparsity: [0.5, 0.8], epochs: 1, steps: 1 },
    { pass: 'quantize', bits: [8, 4] },
  ],
};

describe('a sweep file', () => {
  it('stands for every combination, the last list turning fastest', () => {
    const all = combinationsOf(parseSweep(JSON.stringify({ ...file, seed: [1, 2] }), 's'));
    assert.equal(all.length, 8);
    assert.deepEqual(all[1].settings, { seed: 1, 'prune.sparsity': 0.5, 'quantize.bits': 4 });
    assert.deepEqual(all[5].pipeline.passes, [
      { pass: 'prune', sparsity: 0.5, epochs: 1, steps: 1 },
      { pass: 'quantize', bits: 4 },
    ]);
    assert.equal(new Set(all.map(({ name }) => name)).size, 8);
  });

  it('names the value that is wrong', () => {
    const wrong = { ...file, passes: [{ pass: 'prune', sparsity: [0.5, 2] }] };
    assert.throws(
      () => parseSweep(JSON.stringify(wrong), 's.kolmo-sweep.json'),
      /s\.kolmo-sweep\.json: passes\[0\]\.sparsity\[1\] must be a number from 0 to 0\.999, not 2\./,
    );
  });
});

const runCli = (folder: string, ...words: string[]): SpawnSyncReturns<string> =>
  spawnSync(process.execPath, [resolve('out/dist/cli.js'), ...words, '--json', '--quiet'], {
    cwd: folder,
    encoding: 'utf8',
  });

/** What a command prints with --json. */
function kolmo<Summary>(folder: string, ...words: string[]): Summary {
  const { status, stdout, stderr } = runCli(folder, ...words);
  assert.equal(status, 0, stderr);
  return JSON.parse(stdout) as Summary;
}

describe('kolmo sweep', () => {
  it('measures every combination in a run of its own, and none of them twice', (t) => {
    const folder = temporaryFolder(t, {
      'a.csv': syntheticTable({ rows: 300, target: 'grade' }),
      'a.kolmo-sweep.json': JSON.stringify({
        ...file,
        passes: [{ pass: 'share', clusters: [4, 16], fineTune: false }],
      }),
    });
    const sweep = (): SweepSummary => kolmo(folder, 'sweep', 'a.kolmo-sweep.json');
    const first = sweep();
    assert.equal(first.folder, join(folder, '.kolmo', 'sweeps', 'a'));
    assert.equal(first.points.length, 2);
    for (const { name, bytes, testError } of first.points) {
      assert.equal(statSync(join(first.folder, name, 'model.kolmo')).size, bytes);
      assert.ok(testError! >= 0);
    }
    const bytesAt = (clusters: number): number =>
      first.points.find(({ settings }) => settings['share.clusters'] === clusters)!.bytes!;
    assert.ok(bytesAt(4) < bytesAt(16));

    // Without one of its points, only that one is measured again, to the same bytes.
    const results = JSON.parse(readFileSync(first.file, 'utf8')) as SweepSummary;
    const [dropped, ...kept] = results.points;
    writeFileSync(first.file, JSON.stringify({ ...results, points: kept }));
    const events = (name: string): number =>
      statSync(join(first.folder, name, 'events.jsonl')).mtimeMs;
    const before = kept.map(({ name }) => events(name));
    const again = sweep();
    assert.deepEqual(
      kept.map(({ name }) => events(name)),
      before,
    );
    assert.equal(again.points.find(({ name }) => name === dropped.name)!.bytes, dropped.bytes);
    assert.equal(again.points.length, 2);
  });
});

describe('kolmo sweep by flags', () => {
  const settingsOf = ({ points }: SweepSummary): unknown[] =>
    points.map(({ settings }) => settings);

  it('measures the combinations of their values for a dataset, and for a run as it was trained', (t) => {
    const folder = temporaryFolder(t, { 'a.csv': syntheticTable({ rows: 300, target: 'grade' }) });
    const flags = ['--share', '4,16', '--no-fine-tune'];
    const dataset = ['--target', 'grade', '--architecture', 'mlp', '--epochs', '2'];
    const first = kolmo<SweepSummary>(folder, 'sweep', 'a.csv', ...dataset, ...flags);
    const wanted = [{ 'share.clusters': 4 }, { 'share.clusters': 16 }];
    assert.deepEqual(settingsOf(first).toSorted(byText), wanted.toSorted(byText));
    const sizes = first.points.map(({ bytes }) => bytes!);
    assert.ok(sizes.every((bytes) => bytes > 0) && sizes[0] !== sizes[1]);

    const run = join('.kolmo', 'sweeps', 'a', first.points[0].name);
    const again = kolmo<SweepSummary>(folder, 'sweep', run, ...flags);
    const bytesOf = ({ points }: SweepSummary): unknown[] =>
      points.map(({ settings, bytes }) => [settings, bytes]).toSorted(byText);
    assert.deepEqual(bytesOf(again), bytesOf(first));
  });

  const byText = (a: unknown, b: unknown): number =>
    JSON.stringify(a).localeCompare(JSON.stringify(b));
});

describe('a sweep of a regression', () => {
  it('has the RMSE of its points, which the table prints', (t) => {
    const folder = temporaryFolder(t, { 'a.csv': syntheticTable({ rows: 300, target: 'price' }) });
    const words = ['sweep', 'a.csv', '--target', 'price', '--epochs', '2', '--share', '4,16'];
    const { points } = kolmo<SweepSummary>(folder, ...words);
    assert.equal(points.length, 2);
    for (const { testError, rmse } of points) {
      assert.equal(testError, undefined);
      assert.ok(rmse! > 0);
    }
    const { stdout } = spawnSync(process.execPath, [resolve('out/dist/cli.js'), ...words], {
      cwd: folder,
      encoding: 'utf8',
    });
    assert.match(stdout, / ratio +RMSE/);
    assert.ok(stdout.includes(formatAmount(points[0].rmse!)), stdout);
  });
});

describe('a sweep with a combination that does not fit', () => {
  it('keeps why as its result, and measures the others', (t) => {
    const folder = temporaryFolder(t, {
      'a.csv': syntheticTable({ rows: 300, target: 'grade' }),
      'a.kolmo-sweep.json': JSON.stringify({
        ...file,
        passes: [{ pass: 'prune', sparsity: [0.5, 0.999], granularity: 'global', fineTune: false }],
      }),
    });
    const { points } = kolmo<SweepSummary>(folder, 'sweep', 'a.kolmo-sweep.json');
    const problemAt = (sparsity: number): string | undefined =>
      points.find(({ settings }) => settings['prune.sparsity'] === sparsity)!.problem;
    assert.equal(problemAt(0.5), undefined);
    assert.match(problemAt(0.999)!, /A sparsity of 0\.999 leaves none of the/);
  });
});

describe('a sweep that is refused before anything was made', () => {
  const sweepsIn = (folder: string): string[] => readdirSync(join(folder, '.kolmo', 'sweeps'));
  const flags = ['--prune', '0.5', '--epochs', '1'];

  it('leaves nothing behind, and what was there before as it was', (t) => {
    const folder = temporaryFolder(t, { 'a.csv': syntheticTable({ rows: 300, target: 'grade' }) });
    const mistyped = ['sweep', 'a.csv', '--target', 'mistyped', ...flags];
    const refused = runCli(folder, ...mistyped);
    assert.equal(refused.status, 1);
    assert.match(refused.stderr, /mistyped/);
    assert.deepEqual(sweepsIn(folder), []);

    kolmo<SweepSummary>(folder, 'sweep', 'a.csv', '--target', 'grade', ...flags);
    const before = readdirSync(join(folder, '.kolmo', 'sweeps', 'a'));
    assert.equal(runCli(folder, ...mistyped).status, 1);
    assert.deepEqual(readdirSync(join(folder, '.kolmo', 'sweeps', 'a')), before);
  });

  it('keeps a training that had begun, though it diverged at once', (t) => {
    const training = { epochs: 1, optimizer: 'sgd', learningRate: 1e30 };
    const folder = temporaryFolder(t, {
      'a.csv': syntheticTable({ rows: 300, target: 'grade' }),
      'a.kolmo-sweep.json': JSON.stringify({ ...file, training }),
    });
    const { status, stderr } = runCli(folder, 'sweep', 'a.kolmo-sweep.json');
    assert.equal(status, 1);
    assert.match(stderr, /The loss is no longer a number/);
    const runs = readdirSync(join(folder, '.kolmo', 'sweeps', 'a'), { withFileTypes: true });
    assert.equal(runs.filter((entry) => entry.isDirectory()).length, 1);
  });
});

describe('a second sweep of a folder', () => {
  it('is refused while the first measures, and touches none of its points', (t) => {
    const point = join('.kolmo', 'sweeps', 'a', 'prune.sparsity=0.5');
    const folder = temporaryFolder(t, {
      'a.csv': syntheticTable({ rows: 300, target: 'grade' }),
      'a.kolmo-sweep.json': JSON.stringify(file),
      [join(point, 'run.json')]: '{}',
    });
    const unlock = lockRun(join(folder, '.kolmo', 'sweeps', 'a'));
    const { status, stderr } = runCli(folder, 'sweep', 'a.kolmo-sweep.json');
    unlock();
    assert.equal(status, 1);
    assert.match(stderr, /Another job \(process \d+\) works on .*sweeps.a: wait for it/);
    assert.deepEqual(readdirSync(join(folder, '.kolmo', 'sweeps', 'a')), [basename(point)]);
  });
});

describe('the Pareto front', () => {
  it('leaves out what another point beats in both', () => {
    const front = paretoFront([
      { bytes: 3, error: 0.1 },
      { bytes: 1, error: 0.5 },
      { bytes: 1, error: 0.3 },
      { bytes: 2, error: 0.4 },
      { bytes: 4, error: 0.1 },
    ]);
    assert.deepEqual(
      front.map(({ bytes, error }) => [bytes, error]),
      [
        [1, 0.3],
        [3, 0.1],
      ],
    );
  });
});
