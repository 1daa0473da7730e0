// The Analysis tab: every byte, a dry run whose prediction is run by a click, a map of the layers, the labels' description length.
import assert from 'node:assert/strict';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe } from 'node:test';
import { openWorkbench, waitFor } from '../real-vscode/workbench.mjs';
import { sessionOf } from './steps.mjs';

describe('the Analysis tab in the workbench', () => {
  let workbench;
  const step = sessionOf(() => workbench);
  before(async () => {
    workbench = await openWorkbench();
  });
  after(() => workbench?.close());

  const panel = () => workbench.webview('body[data-kind="run"][data-ready]');
  const status = async () => (await panel()).locator('body').getAttribute('data-status');
  const view = async (name) => (await panel()).locator(`[data-view=${name}]`);
  const count = async (name, attribute) => Number(await (await view(name)).getAttribute(attribute));
  const idle = async () =>
    (await (await view('analysis')).getAttribute('data-running')) === '' &&
    !(await workbench.page.locator('.notification-list-item-main-row:visible').count());
  const packed = () => {
    const runs = join(workbench.workspace, '.kolmo/runs');
    return statSync(join(runs, readdirSync(runs)[0], 'model.kolmo')).size;
  };

  step('accounts for every byte of the packed file', async () => {
    await workbench.explorerRow('digits.kolmo.json').dblclick();
    await workbench.page.locator('.codelens-decoration a:has-text("Run Pipeline")').first().click();
    await waitFor(async () => (await status()) === 'finished', 'it did not end', 240_000);
    await (await panel()).locator('[data-tab=analysis]').click();
    await (await panel()).locator('[data-view=ledger-table]').waitFor();
    assert.equal(await count('ledger', 'data-sum'), packed());
    assert.equal(await count('ledger', 'data-bytes'), packed());
    await workbench.screenshot('analysis-bytes');
  });

  step('predicts what passes would write', async () => {
    await (await panel()).locator('[data-action=dryRun]').click();
    await waitFor(async () => (await count('dry-run', 'data-passes')) >= 5, 'no ladders', 240_000);
    await (await view('dry-run')).scrollIntoViewIfNeeded();
    await workbench.screenshot('analysis-dry-run');
  });

  step('maps each layer, and leaves one alone at a key press', async () => {
    await waitFor(idle, 'the dry run did not end');
    const held = async () => (await view('ladders')).locator('.rung[aria-disabled=true]').count();
    const said = async () => (await view('analysis')).locator('[aria-live]').textContent();
    assert.equal(await held(), 0);
    await (await panel()).locator('[data-action=sensitivity]').click();
    await waitFor(
      async () => (await held()) > 0,
      'predictions are offered while layers are mapped',
    );
    assert.equal(await said(), 'Mapping layers');
    await waitFor(async () => (await count('sensitivity', 'data-cells')) >= 12, 'no map', 120_000);
    await waitFor(idle, 'the map did not end', 120_000);
    assert.equal(await held(), 0);
    assert.equal(await said(), 'Mapping layers has ended');
    await (await view('labels')).scrollIntoViewIfNeeded();
    await workbench.screenshot('analysis-map');
    for (const theme of ['dark', 'high-contrast', 'light']) {
      await workbench.useTheme(theme);
      for (const name of ['ledger', 'heat-map']) {
        await (await view(name)).scrollIntoViewIfNeeded();
        await workbench.screenshot(`analysis-${theme}-${name}`);
      }
    }
    const alone = (await view('heat-map')).locator('[data-action=leaveAlone]').first();
    await alone.focus();
    await alone.press('Enter');
    await waitFor(async () => (await status()) === 'running', 'nothing runs');
    await waitFor(async () => (await status()) === 'finished', 'it did not end', 240_000);
    await (await panel()).locator('[data-tab=pipeline]').click();
    await (await panel()).locator('[data-tab=analysis]').click();
    assert.equal(await count('ledger', 'data-sum'), packed());
  });

  step('runs a prediction that is clicked', async () => {
    await (await panel()).locator('[data-action=dryRun]').click();
    await waitFor(async () => (await count('dry-run', 'data-passes')) >= 5, 'no ladders', 240_000);
    await waitFor(idle, 'the dry run did not end');
    const rung = (await view('ladders')).locator('[data-pass=quantize] .rung[data-setting="4"]');
    const predicted = Number(await rung.getAttribute('data-bytes'));
    await rung.click();
    await waitFor(async () => (await status()) === 'running', 'nothing runs');
    await waitFor(async () => (await status()) === 'finished', 'it did not end', 240_000);
    assert.ok(Math.abs(packed() / predicted - 1) < 0.05, `${predicted} predicted, ${packed()}`);
  });

  step('codes the labels block by block beside the uniform code', async () => {
    await (await panel()).locator('[data-action=prequential]').click();
    const row = (await panel()).locator('[data-code=block-prequential]');
    await row.waitFor({ timeout: 240_000 });
    await (await view('labels')).scrollIntoViewIfNeeded();
    await workbench.screenshot('analysis-labels');
  });

  step('logs no error that names the extension', async () => {
    assert.deepEqual(workbench.errors(), []);
    assert.equal(await (await panel()).locator('body').getAttribute('data-error'), null);
  });
});
