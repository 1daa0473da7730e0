import assert from 'node:assert/strict';
import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { factsOf, modelsBeside } from '../../../src/core/formats/beside';
import { temporaryFolder } from '../../fixtures/temporaryFolder';

describe('model files beside another', () => {
  it('are files and links, not folders of such names', async (t) => {
    const folder = temporaryFolder(t, { 'a.onnx': 'abc', 'b.CKPT': '', 'notes.txt': '' });
    for (const name of ['.kolmo', 'step.ckpt']) mkdirSync(join(folder, name));
    symlinkSync(join(folder, 'a.onnx'), join(folder, 'link.onnx'));
    const found = await modelsBeside(join(folder, 'a.onnx'));
    assert.deepEqual(
      found.sort(),
      ['a.onnx', 'b.CKPT', 'link.onnx'].map((name) => join(folder, name)),
    );
    assert.equal((await factsOf(join(folder, 'link.onnx')))!.bytes, 3);
  });

  it('are left out where they are gone, or lead to a folder', async (t) => {
    const folder = temporaryFolder(t);
    mkdirSync(join(folder, 'step.ckpt'));
    symlinkSync(join(folder, 'step.ckpt'), join(folder, 'folder.ckpt'));
    symlinkSync(join(folder, 'gone'), join(folder, 'broken.ckpt'));
    for (const name of ['folder.ckpt', 'broken.ckpt', 'absent.ckpt']) {
      assert.equal(await factsOf(join(folder, name)), undefined, name);
    }
    assert.deepEqual(await modelsBeside(join(folder, 'absent', 'a.onnx')), []);
  });
});
