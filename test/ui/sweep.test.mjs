// A sweep file: measured by the lens above it, its points in a chart as they come, each opening its run.
import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe } from 'node:test';
import { openWorkbench, waitFor } from '../real-vscode/workbench.mjs';
import { sessionOf } from './steps.mjs';

describe('a sweep in the workbench', () => {
  let workbench;
  const step = sessionOf(() => workbench);
  before(async () => {
    const sweep = {
      dataset: 'digits/train-images-idx3-ubyte',
      architecture: 'lenet-300-100',
      training: { epochs: 4, batchSize: 32 },
      passes: [{ pass: 'share', clusters: [4, 16], fineTune: false }],
    };
    workbench = await openWorkbench({
      files: {
        'digits.kolmo-sweep.json': JSON.stringify(sweep),
        'houses.kolmo-sweep.json': JSON.stringify({
          dataset: 'houses.csv',
          training: { epochs: 20 },
          passes: [{ pass: 'prune', sparsity: [0.5, 0.8], fineTune: false }],
        }),
        'long.kolmo-sweep.json': JSON.stringify({
          ...sweep,
          training: { epochs: 1_000_000, patience: 0 },
        }),
      },
    });
  });
  after(() => workbench?.close());

  const chart = () => workbench.webview('body[data-kind="sweep"][data-ready]');

  step('measures every combination and draws each as a point', async () => {
    await workbench.explorerRow('digits.kolmo-sweep.json').dblclick();
    await workbench.page
      .locator('.monaco-editor[data-uri$="digits.kolmo-sweep.json"]')
      .first()
      .waitFor();
    await workbench.page.locator('.codelens-decoration a:has-text("Run Sweep")').first().click();
    const points = async () => (await chart()).locator('.sweep-point').count();
    await waitFor(async () => (await points()) === 2, 'two points were not drawn', 240_000);
    for (const theme of ['dark', 'high-contrast', 'light']) {
      await workbench.useTheme(theme);
      await workbench.screenshot(`sweep-${theme}`);
    }
  });

  step('keeps the focus on a point when others come', async () => {
    const file = join(workbench.workspace, '.kolmo/sweeps/digits/sweep-results.json');
    const focused = async () =>
      (await chart()).locator('body').evaluate(() => document.activeElement.dataset.focus);
    await (await chart()).locator('.sweep-point').last().focus();
    const before = await focused();
    assert.match(before, /^point /);
    const results = JSON.parse(readFileSync(file, 'utf8'));
    writeFileSync(file, JSON.stringify({ ...results, total: 3 }));
    await (await chart()).locator('.stats:has-text("2 of 3 points")').waitFor();
    await waitFor(async () => (await focused()) === before, 'the focus was lost');
    writeFileSync(file, '{"name": "digits"');
    await (await chart()).locator('.message:has-text("is not JSON")').waitFor();
    await workbench.screenshot('sweep-broken');
    writeFileSync(file, JSON.stringify(results));
    await (await chart()).locator('.stats:has-text("2 of 2 points")').waitFor();
  });

  step('opens the run of a point at a key press', async () => {
    const point = (await chart()).locator('.sweep-point').first();
    await point.focus();
    await point.press('Enter');
    const panel = await workbench.webview('body[data-kind="run"][data-ready]');
    assert.equal(await panel.locator('body').getAttribute('data-status'), 'finished');
  });

  step(
    'of numbers sets bytes against the RMSE, and names the tab of a point by its settings',
    async () => {
      await workbench.contextMenu('houses.kolmo-sweep.json', 'Kolmo: Sweep…');
      const houses = await workbench.webview(
        'body[data-kind="sweep"] main:has(h1:text("Sweep houses"))',
      );
      await houses.locator('.stats:has-text("2 of 2 points")').waitFor();
      const point = houses.locator('.sweep-point').first();
      assert.match(
        await point.getAttribute('aria-label'),
        /^prune\.sparsity 0\.[58]: [\d,]+ bytes, RMSE [\d.,]+\. Opens its run$/,
      );
      assert.match(
        await houses.locator('[data-view=points] th').allInnerTexts().then(String),
        /RMSE/,
      );
      assert.match(
        await houses.locator('.legend').innerText(),
        /^\s*measured, the front joined\s*$/,
      );
      assert.ok((await houses.locator('.axis-text').allTextContents()).includes('0'));
      await workbench.screenshot('sweep-of-numbers');
      await point.click();
      await workbench.page
        .locator('.tab')
        .filter({ hasText: /Run: houses, prune\.sparsity 0\.[58]/ })
        .waitFor();
    },
  );

  step('is shown in the status bar after a reload, leads to its chart, and stops', async () => {
    const { page, workspace } = workbench;
    const item = page.locator('.statusbar-item', { hasText: 'Kolmo:' });
    const mark = join(workspace, '.kolmo/sweeps/long/job.json');
    await workbench.contextMenu('long.kolmo-sweep.json', 'Kolmo: Sweep…');
    await item.waitFor();
    await waitFor(() => existsSync(mark), 'the sweep does not work on its folder');
    await workbench.reload();
    await item.filter({ hasText: 'long' }).click();
    await workbench.webview('body[data-kind="sweep"] main:has(h1:text("Sweep long"))');
    await workbench.palette('Kolmo: Stop');
    await waitFor(() => !existsSync(mark), 'the sweep was not stopped');
    await item.waitFor({ state: 'hidden' });
  });

  step('logs no error that names the extension', async () => {
    assert.deepEqual(workbench.errors(), []);
  });
});
