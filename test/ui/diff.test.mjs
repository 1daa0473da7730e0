// Two model files, selected in the Explorer and held against each other; then one with another that is offered.
import assert from 'node:assert/strict';
import { copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe } from 'node:test';
import { fillSampleFolder } from '../real-vscode/sampleFolder.mjs';
import { root } from '../real-vscode/server.mjs';
import { openWorkbench, waitFor } from '../real-vscode/workbench.mjs';
import { sessionOf } from './steps.mjs';

/** A model of several blocks as float32, and as bfloat16 with one matrix pruned. */
function fillWithModels(folder) {
  fillSampleFolder(folder);
  let seed = 1;
  const random = () => (seed = (seed * 16807) % 2147483647) / 2147483647 - 0.5;
  const tensors = [];
  for (let block = 0; block < 10; block++) {
    for (const [name, shape] of [
      ['attention.query.weight', [64, 64]],
      ['attention.output.weight', [64, 64]],
      ['mlp.up.weight', [128, 64]],
      ['norm.weight', [64]],
    ]) {
      const values = Float32Array.from({ length: shape.reduce((a, b) => a * b) }, random);
      tensors.push({ name: `blocks.${block}.${name}`, shape, values });
    }
  }
  const pruned = (values) => values.map((value) => (Math.abs(value) < 0.25 ? 0 : value));
  const halves = (values) =>
    new Uint16Array(new Uint32Array(values.buffer).map((word) => word >>> 16));
  const write = (name, dtype, bytesOf) =>
    writeFileSync(join(folder, name), safetensors(dtype, tensors, bytesOf));
  write('model.safetensors', 'F32', ({ values }) => values);
  write('model-small.safetensors', 'BF16', ({ name, values }) =>
    halves(name === 'blocks.4.mlp.up.weight' ? pruned(values) : values),
  );
  for (const name of ['gemm.onnx', 'gemm.quantized.onnx']) {
    copyFileSync(join(root, 'test/fixtures/models', name), join(folder, name));
  }
}

function safetensors(dtype, tensors, bytesOf) {
  let end = 0;
  const parts = tensors.map((tensor) => {
    const { buffer } = bytesOf(tensor);
    return [tensor, new Uint8Array(buffer)];
  });
  const header = Object.fromEntries(
    parts.map(([{ name, shape }, { length }]) => [
      name,
      { dtype, shape, data_offsets: [end, (end += length)] },
    ]),
  );
  const text = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  return Buffer.concat([length, text, ...parts.map(([, bytes]) => bytes)]);
}

describe('two model files in the workbench', () => {
  let workbench;
  const step = sessionOf(() => workbench);
  before(async () => {
    workbench = await openWorkbench({ fill: fillWithModels });
  });
  after(() => workbench?.close());

  const panel = (file) =>
    workbench.webview(`body[data-kind="diff"] main:has([data-state=compared] [title$="${file}"])`);

  step('are compared when both are selected, the larger one first', async () => {
    await workbench.explorerRow('model-small.safetensors').click();
    await workbench.explorerRow('model.safetensors').click({ modifiers: ['Control'] });
    await workbench.contextMenu('model.safetensors', 'Kolmo: Compare Model Files');
    const frame = await panel('model.safetensors');
    const [a, b] = await frame.locator('[data-open]').allInnerTexts();
    assert.deepEqual([a, b], ['model.safetensors', 'model-small.safetensors']);
    assert.match(
      await frame.locator('main').innerText(),
      /40 tensors in both: 40 with other values\./,
    );
  });

  step('show the bytes and the SQNR of the largest tensors', async () => {
    const rows = (await panel('model.safetensors')).locator('[data-view=bars] tbody tr');
    assert.equal(await rows.count(), 24);
    const pruned = rows.and(
      (await panel('model.safetensors')).locator('[data-tensor="blocks.4.mlp.up.weight"]'),
    );
    const [before, after, sqnr] = await pruned.locator('.measure').allInnerTexts();
    assert.deepEqual([before, after], ['32.8 kB', '16.4 kB']);
    assert.match(sqnr, /^9\.\d dB$/);
    assert.equal(await pruned.locator('.segment.after').count(), 1);
    for (const theme of ['light', 'high-contrast', 'dark']) {
      await workbench.useTheme(theme);
      await workbench.screenshot(`diff-${theme}`);
    }
  });

  step('are listed with the worst first, and sorted by a click or a key', async () => {
    const table = (await panel('model.safetensors')).locator('[data-view=tensors]');
    const names = () => table.locator('tbody th').allInnerTexts();
    assert.equal((await names())[0], 'blocks.4.mlp.up.weight');
    await table.locator('[data-sort=name]').focus();
    await workbench.page.keyboard.press('Enter');
    assert.equal(await table.locator('th[aria-sort=ascending]').innerText(), 'Tensor ▲');
    assert.equal((await names())[0], 'blocks.0.attention.output.weight');
    await table.scrollIntoViewIfNeeded();
    await workbench.screenshot('diff-table');
    await (await panel('model.safetensors')).locator('[data-view=filter]').click();
    await workbench.page.keyboard.type('norm');
    await waitFor(
      async () => (await table.getAttribute('data-rows')) === '10',
      'the filter leaves other rows than those of ten norms',
    );
  });

  step('are swapped on a click', async () => {
    await (await panel('model.safetensors')).locator('[data-action=swap]').click();
    await waitFor(async () => {
      const opened = (await panel('model.safetensors')).locator('[data-open]');
      return (await opened.allInnerTexts())[0] === 'model-small.safetensors';
    }, 'the smaller file does not come first');
  });

  step('are swapped by a key, and the button keeps the focus', async () => {
    const swap = (await panel('model.safetensors')).locator('[data-action=swap]');
    await swap.focus();
    await workbench.page.keyboard.press('Enter');
    await waitFor(async () => {
      const frame = await panel('model.safetensors');
      const opened = await frame.locator('[data-open]').allInnerTexts();
      const focused = await frame
        .locator('body')
        .evaluate(() => document.activeElement.dataset.action);
      return opened[0] === 'model.safetensors' && focused === 'swap';
    }, 'the files are not swapped back, or the button has lost the focus');
  });

  step('are offered for one of them, the likeliest first', async () => {
    await workbench.contextMenu('gemm.onnx', 'Kolmo: Compare Model File With…');
    const question = await workbench.question(/Model file to compare gemm\.onnx with/);
    assert.match((await question.rows())[0], /^gemm\.quantized\.onnx/);
    await workbench.screenshot('diff-question');
    await question.accept();
    const frame = await panel('gemm.onnx');
    const row = frame.locator('[data-view=bars] tr[data-tensor^="fc.weight"]');
    assert.match(await row.innerText(), /50\.5 dB/);
    await workbench.screenshot('diff-onnx');
  });

  step('are compared again after the window was reloaded', async () => {
    await workbench.reload();
    const frame = await panel('gemm.onnx');
    assert.equal(await frame.locator('[data-view=bars] tbody tr').count(), 2);
    assert.equal(await frame.locator('body').getAttribute('data-error'), null);
  });

  step('say what is wrong where one is no model', async () => {
    writeFileSync(join(workbench.workspace, 'gemm.onnx'), '');
    await (await panel('gemm.onnx')).locator('[data-action=again]').click();
    const frame = await workbench.webview('body[data-kind="diff"] [data-state=failed]');
    assert.equal(
      await frame.locator('.message').innerText(),
      'gemm.onnx is empty: it has 0 bytes.',
    );
    await workbench.screenshot('diff-failed');
    assert.deepEqual(workbench.errors(), []);
  });
});
