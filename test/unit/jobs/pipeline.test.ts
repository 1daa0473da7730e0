import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, it } from 'node:test';
import { readRecord, readState } from '../../../src/runs/folder';
import { formatPipeline, pipelineOf } from '../../../src/runs/pipelineFile';
import { syntheticTable } from '../../fixtures/syntheticTable';
import { temporaryFolder } from '../../fixtures/temporaryFolder';

const pipeline = {
  dataset: 'a.csv',
  preprocessing: { target: 'grade' },
  architecture: 'mlp',
  training: { epochs: 3 },
  passes: [
    { pass: 'prune', sparsity: 0.6, steps: 2, stepEpochs: 1, epochs: 1 },
    { pass: 'share', clusters: 4, fineTune: false },
  ],
  seed: 4,
  threads: 1,
};

describe('kolmo run', () => {
  const run = (folder: string, file: string, out: string) => {
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [resolve('out/dist/cli.js'), 'run', file, '--out', out, '--json', '--quiet'],
      { cwd: folder, encoding: 'utf8' },
    );
    return { status, stderr, result: stdout === '' ? undefined : (JSON.parse(stdout) as Result) };
  };

  it('makes the same bytes of the same file, and of the file that a run is saved as', async (t) => {
    const folder = temporaryFolder(t, {
      'a.csv': syntheticTable({ rows: 300, target: 'grade' }),
      'p.kolmo.json': JSON.stringify(pipeline),
    });
    const first = run(folder, 'p.kolmo.json', 'one');
    assert.equal(first.status, 0, first.stderr);
    assert.deepEqual(
      first.result!.stages.map(({ name }) => name),
      ['prune', 'share'],
    );
    const packed = readFileSync(first.result!.file);
    assert.equal(first.result!.bytes, packed.length);
    assert.deepEqual(readFileSync(run(folder, 'p.kolmo.json', 'two').result!.file), packed);

    const one = join(folder, 'one');
    const saved = join(folder, 'saved.kolmo.json');
    writeFileSync(
      saved,
      formatPipeline(pipelineOf(await readRecord(one), await readState(one), saved)),
    );
    assert.deepEqual(readFileSync(run(folder, saved, 'three').result!.file), packed);

    // Asked for again in the same folder, what was trained is not trained again.
    const trained = (await readState(one)).stages.train!.result;
    assert.deepEqual(readFileSync(run(folder, 'p.kolmo.json', 'one').result!.file), packed);
    assert.deepEqual((await readState(one)).stages.train!.result, trained);
    assert.ok(existsSync(join(one, 'report.md')));

    // Another engine may give other bytes.
    writeFileSync(join(folder, 'p.kolmo.json'), JSON.stringify({ ...pipeline, engine: 'wasm' }));
    assert.equal(run(folder, 'p.kolmo.json', 'one').status, 0);
    const again = (await readState(one)).stages.train!;
    assert.notEqual(again.result!.seconds, trained!.seconds);
    assert.equal(again.settings.engine, 'wasm');
  });

  it('loads no tfjs-node because a file alone asks for it', (t) => {
    const folder = temporaryFolder(t, {
      'p.kolmo.json': JSON.stringify({ ...pipeline, engine: 'tfjs-node' }),
      'a.csv': syntheticTable({ rows: 30, target: 'grade' }),
    });
    const { status, stderr } = run(folder, 'p.kolmo.json', 'one');
    assert.equal(status, 2);
    assert.match(stderr, /^p\.kolmo\.json asks for the engine tfjs-node, .* --engine tfjs-node/);
  });

  it('exits with 1 and names the field that is wrong', (t) => {
    const folder = temporaryFolder(t, { 'p.kolmo.json': '{"dataset": "a.csv", "seed": "one"}' });
    const { status, stderr } = run(folder, 'p.kolmo.json', 'one');
    assert.equal(status, 1);
    assert.match(
      stderr,
      /^p\.kolmo\.json: seed must be a whole number from 0 to 2147483647, not "one"\.\n$/,
    );
    assert.equal(run(folder, 'absent.kolmo.json', 'one').status, 2);
  });
});

interface Result {
  stages: { name: string }[];
  file: string;
  bytes: number;
}
