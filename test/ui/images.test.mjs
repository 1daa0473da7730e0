// A folder of images: offered where there are some, asked for its architecture only, trained.
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe } from 'node:test';
import { PNG } from 'pngjs';
import { openWorkbench, waitFor } from '../real-vscode/workbench.mjs';
import { sessionOf } from './steps.mjs';

/** Stripes of a colour, standing or lying. */
function stripes(lying, shade) {
  const image = new PNG({ width: 16, height: 16 });
  for (let i = 0; i < 256; i++) {
    const across = lying ? Math.floor(i / 16) : i % 16;
    image.data.set([across % 4 < 2 ? shade : 0, 40, 200 - shade, 255], 4 * i);
  }
  return PNG.sync.write(image);
}

function writeClasses(folder) {
  for (const name of ['lying', 'standing']) {
    mkdirSync(join(folder, name), { recursive: true });
    for (let i = 0; i < 40; i++) {
      writeFileSync(join(folder, name, `${i}.png`), stripes(name === 'lying', 100 + i));
    }
  }
}

describe('a folder of images in the workbench', () => {
  let workbench;
  const step = sessionOf(() => workbench);
  before(async () => {
    workbench = await openWorkbench({
      fill(folder) {
        writeClasses(join(folder, 'stripes', 'train'));
        mkdirSync(join(folder, 'texts'), { recursive: true });
        writeFileSync(join(folder, 'texts', 'a.txt'), 'a');
      },
      settings: { 'kolmo.epochs': 3 },
    });
  });
  after(() => workbench?.close());

  const offered = async (name) => {
    const { page, explorerRow } = workbench;
    await explorerRow(name).click({ button: 'right' });
    const menu = page.locator('.context-view .monaco-menu');
    await menu.locator('.action-label:text-is("Delete Permanently")').waitFor();
    const count = await menu.locator('.action-label:text-is("Kolmo: Train Model…")').count();
    await page.keyboard.press('Escape');
    await menu.waitFor({ state: 'hidden' });
    return count > 0;
  };

  step('offers training on it, and on no other folder', async () => {
    await waitFor(() => offered('stripes'), 'training is not offered on images');
    assert.equal(await offered('texts'), false);
  });

  step('lists it in the palette, where one Enter takes it', async () => {
    await workbench.palette('Kolmo: Train Model…');
    const datasets = await workbench.question(/Dataset to train on/);
    await waitFor(async () => (await datasets.rows()).length > 1, 'no dataset is listed');
    assert.deepEqual(
      (await datasets.rows()).map((row) => row.split('\n')[0].replace(/^[^A-z]+/, '')),
      ['stripes', 'A File…', 'A Folder of Images…'],
    );
    await workbench.screenshot('choose-dataset');
    await datasets.accept();
    const question = await workbench.question(/Train on stripes: 80 images/);
    await question.escape();
  });

  step('asks for the architecture, with what it found', async () => {
    await workbench.contextMenu('stripes', 'Kolmo: Train Model…');
    const question = await workbench.question(
      /Train on stripes: 80 images of 16 x 16 in 2 classes/,
    );
    assert.match((await question.rows())[0], /^lenet-300-100/);
    await workbench.screenshot('images-question');
    await question.accept();
  });

  step('trains to the end, and says what it made of the images', async () => {
    const panel = await workbench.webview('body[data-kind="run"][data-ready]');
    const status = () => panel.locator('body').getAttribute('data-status');
    await waitFor(async () => (await status()) === 'finished', 'training did not end', 120_000);
    assert.match(await panel.locator('h1').innerText(), /^stripes · lenet-300-100/);
    await panel.locator('[data-tab=quality]').click();
    const quality = panel.locator('[data-view=quality]');
    await waitFor(
      async () => /lying/.test(await quality.innerText()),
      'the quality of the model is not shown',
    );
    await workbench.screenshot('images');
    await panel.locator('[data-tab=pipeline]').click();
    await panel.locator('[data-stage=collect]').waitFor();
    await workbench.screenshot('images-pipeline');
  });

  step('offers training on a folder that is filled later', async () => {
    writeClasses(join(workbench.workspace, 'later'));
    await waitFor(() => offered('later'), 'training is not offered on new images');
    assert.deepEqual(workbench.errors(), []);
  });
});
