import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { excludedGlob, isOwn } from '../../../src/views/ownFolders';

const always = '**/node_modules/**,**/.kolmo/**';
const runsOf = (runs: string) => [{ folder: join('/w'), runs: join(runs) }];

describe('excludedGlob', () => {
  const rows: [runs: string, glob: string][] = [
    ['/w/.kolmo/runs', `{${always},.kolmo/runs/**,.kolmo/sweeps/**}`],
    ['/w/out/runs [a]', `{${always},out/runs ?a?/**,out/sweeps/**}`],
    ['/data/runs', `{${always}}`],
  ];
  for (const [runs, glob] of rows) {
    it(`leaves out ${runs}`, () => assert.equal(excludedGlob(runsOf(runs)), glob));
  }
});

describe('isOwn', () => {
  it('knows runs and sweeps, and what is only named like them', () => {
    const workspace = runsOf('/w/runs');
    const own = (path: string): boolean => isOwn(join(path), workspace);
    assert.deepEqual(
      ['/w/runs/a/model.onnx', '/w/sweeps/a/b/model.onnx', '/w/runs-old/model.onnx'].map(own),
      [true, true, false],
    );
  });
});
