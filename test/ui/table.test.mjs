// A table: right-click a CSV, choose the target in a quick pick, train by keyboard only.
import assert from 'node:assert/strict';
import { after, before, describe } from 'node:test';
import { openWorkbench, waitFor } from '../real-vscode/workbench.mjs';
import { sessionOf } from './steps.mjs';

describe('a CSV in the workbench', () => {
  let workbench;
  const step = sessionOf(() => workbench);
  before(async () => {
    workbench = await openWorkbench({ settings: { 'kolmo.epochs': 30 } });
  });
  after(() => workbench?.close());

  step('shows the size of a model file in the Explorer', async () => {
    const label = workbench.explorerRow('tiny.safetensors').locator('.monaco-icon-label');
    const badge = () => label.evaluate((node) => getComputedStyle(node, '::after').content);
    await waitFor(async () => /"\d+"/.test(await badge()), 'tiny.safetensors has no badge');
    assert.match(await label.getAttribute('aria-label'), /676 parameters/);
  });

  step('shows the size above a path in Python', async () => {
    await workbench.explorerRow('predict.py').dblclick();
    const lens = workbench.page.locator('.codelens-decoration a').first();
    await lens.waitFor();
    assert.match(await lens.innerText(), /tiny\.safetensors: 676 parameters/);
    await workbench.screenshot('sizes');
  });

  step('asks for the target with its guess first, by the keyboard alone', async () => {
    const { page, explorerRow } = workbench;
    await explorerRow('houses.csv').click();
    await page.keyboard.press('Shift+F10');
    const entry = page.locator('.context-view .action-label:text-is("Kolmo: Train Model…")');
    await entry.waitFor();
    await page.keyboard.press('ArrowUp');
    const focused = page.locator('.context-view .monaco-menu .action-item.focused');
    for (let tries = 0; tries < 40; tries++) {
      if ((await focused.innerText()).includes('Kolmo: Train Model…')) break;
      await page.keyboard.press('ArrowUp');
    }
    await page.keyboard.press('Enter');
    const question = await workbench.question(/Column to predict/);
    assert.match((await question.rows())[0], /^price/);
    await workbench.screenshot('target');
    await question.accept();
    await (await workbench.question(/Architecture/)).accept();
  });

  step('trains to the end and says the error', async () => {
    const panel = await workbench.webview('body[data-kind="run"][data-ready]');
    const status = () => panel.locator('body').getAttribute('data-status');
    await waitFor(async () => (await status()) === 'finished', 'training did not end', 120_000);
    await workbench.screenshot('table');
  });

  step('says how good the model is beside the trivial answer', async () => {
    const panel = await workbench.webview('body[data-kind="run"][data-ready]');
    await panel.locator('[data-tab=quality]').click();
    const quality = panel.locator('[data-quality=train]');
    await quality.waitFor();
    assert.match(await quality.innerText(), /RMSE \d.*, R² 0\.\d+ \(always the mean: /);
  });

  step('fits every tab into a narrow panel', async () => {
    const { page } = workbench;
    const panel = await workbench.webview('body[data-kind="run"][data-ready]');
    await page.keyboard.press('Control+b');
    await page.setViewportSize({ width: 460, height: 900 });
    const beyond = () =>
      panel.evaluate(() => {
        const { scrollWidth, clientWidth } = document.documentElement;
        return clientWidth > 420 ? Infinity : scrollWidth - clientWidth;
      });
    for (const tab of await panel.locator('[data-tab]').all()) {
      await tab.click();
      const name = await tab.getAttribute('data-tab');
      await waitFor(async () => (await beyond()) <= 0, `${name} runs out to the right`, 10_000);
    }
    await workbench.screenshot('narrow');
  });

  step('logs no error that names the extension', async () => {
    assert.deepEqual(workbench.errors(), []);
  });
});
