// A GAN on small digits: the pictures of its epochs, both losses, and what its samples are worth.
import assert from 'node:assert/strict';
import { after, before, describe } from 'node:test';
import { openWorkbench, waitFor } from '../real-vscode/workbench.mjs';
import { sessionOf } from './steps.mjs';

describe('a GAN in the workbench', () => {
  let workbench;
  const step = sessionOf(() => workbench);
  before(async () => {
    workbench = await openWorkbench({ settings: { 'kolmo.epochs': 4 } });
  });
  after(() => workbench?.close());

  const panel = () => workbench.webview('body[data-kind="run"][data-ready]');

  step('trains on images by its name', async () => {
    const { explorerRow, question } = workbench;
    await explorerRow('digits').click();
    await waitFor(
      async () => (await explorerRow('train-images-idx3-ubyte').count()) === 2,
      'the folder did not open',
    );
    const entry = await workbench.menuEntry(
      explorerRow('train-images-idx3-ubyte').first(),
      'Kolmo: Train Model…',
    );
    await entry.click();
    await (await question(/Architecture/)).pick(/^gan-batch-norm/);
  });

  step('shows the loss of both networks', async () => {
    for (const name of ['curve-generator', 'curve-adversary']) {
      await waitFor(
        async () => (await (await panel()).locator(`[data-view=${name}] canvas`).count()) === 1,
        `${name} has no plot`,
      );
    }
  });

  step('goes through the pictures of the epochs', async () => {
    await (await panel()).locator('[data-tab=quality]').click();
    const epochs = (await panel()).locator('[data-view=epochs]');
    await waitFor(
      async () => (await epochs.getAttribute('data-epochs')) === '4',
      'there are no pictures of four epochs',
      240_000,
    );
    assert.equal(await epochs.getAttribute('data-epoch'), '4');
    await epochs.locator('input').focus();
    await workbench.page.keyboard.press('ArrowLeft');
    await waitFor(
      async () => (await epochs.getAttribute('data-epoch')) === '3',
      'the slider does not move by the keyboard',
    );
    const width = await epochs.locator('img').evaluate(async (image) => {
      await image.decode();
      return image.naturalWidth;
    });
    assert.ok(width > 100, `the picture is ${width} pixels wide`);
  });

  step('measures its samples', async () => {
    const body = (await panel()).locator('body');
    await waitFor(
      async () => (await body.getAttribute('data-status')) === 'finished',
      'training did not end',
      300_000,
    );
    const quality = (await panel()).locator('[data-quality=train]');
    assert.match(await quality.innerText(), /Fréchet distance .* entropy of the labels .* bits/);
    await workbench.screenshot('gan');
    await (await panel()).locator('[data-tab=program]').click();
    const program = (await panel()).locator('[data-view=program]');
    assert.match(await program.innerText(), /writes one that draws samples/);
    assert.equal(await body.getAttribute('data-error'), null);
    assert.deepEqual(workbench.errors(), []);
  });
});
