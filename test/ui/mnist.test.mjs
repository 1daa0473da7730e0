// The main job with the mouse: right-click MNIST, train, stop, compress from the palette, look at every view, reload.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe } from 'node:test';
import { openWorkbench, waitFor } from '../real-vscode/workbench.mjs';
import { sessionOf } from './steps.mjs';

const images = 'train-images-idx3-ubyte';

describe('MNIST in the workbench', () => {
  let workbench;
  const step = sessionOf(() => workbench);
  before(async () => {
    // Far more epochs than the test waits for, however little they bring: Stop ends them.
    workbench = await openWorkbench({ settings: { 'kolmo.epochs': 1000, 'kolmo.patience': 0 } });
  });
  after(() => workbench?.close());

  const panel = () => workbench.webview('body[data-kind="run"][data-ready]');
  const points = async () =>
    Number(await (await panel()).locator('[data-view=curves]').getAttribute('data-points'));
  const status = async () => (await panel()).locator('body').getAttribute('data-status');
  const badges = new Map();
  /** Keeps how the badge of the status looks: its colour, its icon and its word. */
  const seeBadge = async () => {
    const badge = (await panel()).locator('[data-view=status]');
    const look = await badge.evaluate((shown) => [
      getComputedStyle(shown).borderColor,
      shown.querySelector('vscode-icon').name,
      shown.innerText,
    ]);
    badges.set(await status(), look);
  };
  const runs = () => readdirSync(join(workbench.workspace, '.kolmo/runs'));
  const showTab = async (tab) => (await panel()).locator(`[data-tab=${tab}]`).click();

  step('offers training on an image file, and not on its labels', async () => {
    const { page, explorerRow, menuEntry, screenshot } = workbench;
    await explorerRow('train-labels-idx1-ubyte').click({ button: 'right' });
    await page.locator('.context-view .monaco-menu .action-item').first().waitFor();
    const entry = page.locator('.context-view .action-label:text-is("Kolmo: Train Model…")');
    assert.equal(await entry.count(), 0);
    await page.keyboard.press('Escape');

    await menuEntry(explorerRow(images), 'Kolmo: Train Model…');
    await screenshot('menu', { mouse: 'stays' });
    await page.keyboard.press('Escape');
  });

  step('trains after a right-click and one Enter, and its curve grows', async () => {
    await workbench.contextMenu(images, 'Kolmo: Train Model…');
    const question = await workbench.question(/Architecture/);
    assert.match((await question.rows())[0], /default/);
    await workbench.screenshot('architectures');
    await question.accept();

    const first = await waitFor(points, 'the curve has no points');
    await waitFor(async () => (await points()) > first + 5, `the curve stays at ${first} points`);
    const painted = await (
      await panel()
    )
      .locator('[data-view=curve-loss] canvas')
      .evaluate((canvas) => {
        const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
        let pixels = 0;
        for (let alpha = 3; alpha < data.length; alpha += 4) if (data[alpha] > 0) pixels++;
        return pixels;
      });
    assert.ok(painted > 500, `the loss chart has ${painted} painted pixels`);
    assert.equal(await status(), 'running');
    await seeBadge();
    await workbench.screenshot('training');
  });

  step('says how fast it is and how long it will take', async () => {
    const stats = (await panel()).locator('[data-view=stats]');
    await waitFor(
      async () => /examples\/s.*left/.test(await stats.innerText()),
      'no examples/s and time left in the header of the panel',
    );
  });

  step('shows the run as it is when the panel was behind another tab', async () => {
    const before = await points();
    await workbench.explorerRow('predict.py').dblclick();
    await workbench.page.locator('.monaco-editor[data-uri$="predict.py"]').waitFor();
    await workbench.page.locator('.tabs-container .tab', { hasText: 'Run:' }).click();
    await waitFor(async () => (await points()) > before, 'the curve did not go on');
  });

  step('shows the run again after its panel was closed', async () => {
    const { page, palette, question } = workbench;
    await page.locator('.tabs-container .tab', { hasText: 'Run:' }).click();
    await palette('View: Close Editor');
    await page.locator('.tabs-container .tab', { hasText: 'Run:' }).waitFor({ state: 'detached' });
    await palette('Kolmo: Open Run…');
    await (await question(/mnist|images/i)).accept();
    await waitFor(points, 'the reopened panel has no points');
    assert.equal(await status(), 'running');
  });

  step('is still the same run after the window was reloaded', async () => {
    const before = await points();
    await workbench.reload();
    await waitFor(async () => (await points()) >= before, 'the panel did not come back');
    assert.equal(runs().length, 1);
  });

  step('still shows in the status bar how far that run is', async () => {
    const item = workbench.page.locator('.statusbar-item', { hasText: /Kolmo: Epoch \d+ of/ });
    await item.waitFor();
    await workbench.screenshot('status-bar-after-reload');
  });

  step('stops with the model so far', async () => {
    await (await panel()).locator('[data-action=stop]').click();
    await waitFor(async () => (await status()) !== 'running', 'the run did not stop');
    assert.equal(await status(), 'stopped');
    // It began before the window was reloaded, and ends as if this one had started it.
    await workbench.notification(/Stopped lenet-\S+ on train-images\S+, with the model so far/);
    const item = workbench.page.locator('.statusbar-item', { hasText: 'Kolmo:' });
    await item.waitFor({ state: 'hidden' });
    assert.ok(
      readdirSync(join(workbench.workspace, '.kolmo/runs', runs()[0])).includes('model.onnx'),
    );
    await seeBadge();
    await workbench.screenshot('stopped');
  });

  step('prunes from the palette, asking for one number', async () => {
    await workbench.palette('Kolmo: Prune Weights');
    const question = await workbench.question(/Prune/);
    assert.match(await question.value(), /^0?\.\d+$/);
    await question.accept();
    await waitFor(async () => (await status()) === 'running', 'pruning did not start');
    await waitFor(async () => (await status()) !== 'running', 'pruning did not end', 240_000);
    assert.equal(await status(), 'finished');
  });

  step('tells what runs, has stopped and has finished by colour, icon and word', async () => {
    await seeBadge();
    assert.deepEqual([...badges.keys()], ['running', 'stopped', 'finished']);
    for (const part of [0, 1, 2]) {
      const looks = new Set([...badges.values()].map((look) => look[part]));
      assert.equal(looks.size, 3, [...looks].join());
    }
  });

  step('shows which digit is taken for which', async () => {
    await showTab('quality');
    const table = (await panel()).locator('[data-view=confusion]');
    await table.waitFor();
    assert.equal(await table.locator('td[data-count]').count(), 100);
    const counts = await table
      .locator('td[data-count]')
      .evaluateAll((cells) => cells.map((cell) => Number(cell.dataset.count)));
    assert.equal(
      counts.reduce((sum, count) => sum + count, 0),
      10_000,
    );
    await workbench.screenshot('confusion');
    const select = (await panel()).locator('[data-view=quality] vscode-single-select:visible');
    const room = await select.evaluate(({ shadowRoot }) => {
      const shown = shadowRoot.querySelector('.text');
      const title = shown.textContent;
      shown.textContent = 'Train for fewer bytes';
      const widths = [shown.scrollWidth, shown.clientWidth];
      shown.textContent = title;
      return widths;
    });
    assert.ok(room[0] <= room[1], `the longest title of a stage needs ${room[0]} of ${room[1]} px`);
  });

  step('shows histograms of every layer before and after', async () => {
    await showTab('layers');
    const layers = (await panel()).locator('[data-view=layers]');
    await layers.locator('[data-histogram=before]').first().waitFor();
    assert.ok(Number(await layers.getAttribute('data-layers')) >= 3);
    assert.ok((await layers.locator('[data-histogram=after]').count()) >= 3);
    await workbench.screenshot('parameters');
  });

  step('lists the bytes of every stage', async () => {
    await showTab('bytes');
    const rows = (await panel()).locator('[data-view=bytes] tr[data-stage]');
    await rows.first().waitFor();
    const stages = await rows.evaluateAll((all) => all.map((row) => row.dataset.stage));
    assert.ok(stages.includes('train') && stages.includes('prune'), stages.join());
    await workbench.screenshot('bytes');
  });

  step('draws the pipeline and opens the artifact of a stage that is clicked', async () => {
    await showTab('pipeline');
    const stage = (name) => pipeline.locator(`g.node[data-stage=${name}]`);
    const pipeline = (await panel()).locator('[data-view=pipeline]');
    await stage('train').waitFor();
    assert.equal(await stage('train').getAttribute('data-status'), 'finished');
    assert.equal(await stage('program').getAttribute('data-status'), 'pending');
    await workbench.screenshot('pipeline');
    await stage('train').click();
    await workbench.page.locator('.tabs-container .tab', { hasText: 'model.onnx' }).waitFor();
    await workbench.webview('body[data-kind="model"][data-ready]');
    await workbench.screenshot('model-editor');
  });

  step('compresses to the end and writes every output', async () => {
    await workbench.page.locator('.tabs-container .tab', { hasText: 'Run:' }).click();
    await (await panel()).locator('[data-action=compress]').click();
    // Every question takes its default.
    const started = async () => {
      if ((await status()) === 'running') return true;
      const question = workbench.page.locator('.quick-input-widget:visible');
      if (await question.count()) await workbench.page.keyboard.press('Enter');
      return false;
    };
    await waitFor(started, 'compressing did not start');
    await waitFor(async () => (await status()) !== 'running', 'compressing did not end', 400_000);
    assert.equal(await status(), 'finished');
    const run = join(workbench.workspace, '.kolmo/runs', runs()[0]);
    const files = readdirSync(run);
    for (const file of ['run.json', 'events.jsonl', 'model.onnx', 'model.kolmo', 'report.md']) {
      assert.ok(files.includes(file), `${file} is missing among ${files.join(', ')}`);
    }
    assert.match(readFileSync(join(run, 'report.md'), 'utf8'), /```mermaid/);
    await workbench.screenshot('compressed');
  });

  step('logs no error that names the extension', async () => {
    assert.deepEqual(workbench.errors(), []);
    assert.equal(await (await panel()).locator('body').getAttribute('data-error'), null);
  });
});
