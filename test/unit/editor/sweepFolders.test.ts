import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { sweepsOfFile, sweepsOfRun } from '../../../src/commands/sweepFolders';

describe('sweepsOfRun', () => {
  const rows: [run: string, sweeps: string][] = [
    ['/w/.kolmo/runs/2026-11-24-183000-iris-mlp', '/w/.kolmo/sweeps'],
    ['/w/.kolmo/sweeps/iris/0f3a', '/w/.kolmo/sweeps'],
    ['/data/runs/2026-11-24-183000-iris-mlp', '/data/sweeps'],
  ];
  for (const [run, sweeps] of rows) {
    it(`of ${run} is ${sweeps}`, () => assert.equal(sweepsOfRun(run), join(sweeps)));
  }
});

describe('sweepsOfFile', () => {
  const runsOf = (folder: string): string => join(folder, '.kolmo', 'runs');
  const rows: [file: string, workspace: string | undefined, sweeps: string][] = [
    ['/w/a/iris.kolmo-sweep.json', '/w', '/w/.kolmo/sweeps'],
    ['/w/.kolmo/sweeps/iris.kolmo-sweep.json', '/w', '/w/.kolmo/sweeps'],
    ['/w/.kolmo/sweeps/iris.kolmo-sweep.json', undefined, '/w/.kolmo/sweeps'],
    ['/w/a/iris.kolmo-sweep.json', undefined, '/w/a/.kolmo/sweeps'],
  ];
  for (const [file, workspace, sweeps] of rows) {
    it(`of ${file} ${workspace ? `in ${workspace}` : 'outside of the workspace'} is ${sweeps}`, () =>
      assert.equal(sweepsOfFile(file, workspace, runsOf), join(sweeps)));
  }
});
