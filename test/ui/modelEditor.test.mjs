// A model file that is open while it is deleted, put back and replaced on disk.
import assert from 'node:assert/strict';
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe } from 'node:test';
import { fillSampleFolder } from '../real-vscode/sampleFolder.mjs';
import { openWorkbench, waitFor } from '../real-vscode/workbench.mjs';
import { sessionOf } from './steps.mjs';

/** Signs that mean something in a glob. */
const name = 'weights [v2] {é}.safetensors';

/** A safetensors file with so many tensors of one number. */
function model(count) {
  const header = Object.fromEntries(
    Array.from({ length: count }, (_, i) => [
      `tensor_${i}`,
      { dtype: 'F32', shape: [1], data_offsets: [4 * i, 4 * i + 4] },
    ]),
  );
  const text = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  return Buffer.concat([length, text, Buffer.alloc(4 * count)]);
}

describe('the model editor in the workbench', () => {
  let workbench;
  const step = sessionOf(() => workbench);
  before(async () => {
    const fill = (folder) => {
      fillSampleFolder(folder);
      writeFileSync(join(folder, name), model(2));
    };
    workbench = await openWorkbench({ fill });
  });
  after(() => workbench?.close());

  const panel = () => workbench.webview('body[data-kind="model"][data-ready]');
  const path = () => join(workbench.workspace, name);
  const rows = async (count) => {
    const table = (await panel()).locator(`[data-view=tensors][data-rows="${count}"]`);
    await waitFor(() => table.count(), `the editor does not show ${count} tensors`);
  };

  step('shows the tensors of a file', async () => {
    await workbench.explorerRow(name).dblclick();
    await rows(2);
  });

  step('says that the file was deleted', async () => {
    rmSync(path());
    const message = (await panel()).locator('.message');
    await message.waitFor();
    assert.match(await message.innerText(), /weights \[v2\] \{é\}\.safetensors was deleted/);
    assert.equal(await (await panel()).locator('[data-view=tensors]').count(), 0);
    await workbench.screenshot('model-editor-deleted');
  });

  step('shows the file that was put in its place', async () => {
    writeFileSync(path(), model(3));
    await rows(3);
  });

  step('shows the file that another was renamed to', async () => {
    const other = join(workbench.workspace, 'other.tmp');
    writeFileSync(other, model(4));
    renameSync(other, path());
    await rows(4);
    assert.equal(await (await panel()).locator('.message').count(), 0);
    assert.deepEqual(workbench.errors(), []);
  });
});
