// The least that must hold: the workbench opens with the extension in it and nothing complains about it.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { openWorkbench } from '../real-vscode/workbench.mjs';

describe('the extension in a real VS Code', () => {
  let workbench;
  before(async () => {
    workbench = await openWorkbench();
  });
  after(() => workbench?.close());

  it('shows the sample folder', async () => {
    await workbench.explorerRow('train-images-idx3-ubyte').waitFor();
    await workbench.screenshot('explorer');
  });

  it('logs no error that names it', () => {
    assert.deepEqual(workbench.errors(), []);
  });
});
