// A workspace of two folders that hold runs of the same name: lists say which is where.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe } from 'node:test';
import { fillSampleFolder } from '../real-vscode/sampleFolder.mjs';
import { root } from '../real-vscode/server.mjs';
import { openWorkbench, waitFor } from '../real-vscode/workbench.mjs';
import { sessionOf } from './steps.mjs';

const roots = ['north', 'south'];

function fill(folder) {
  const [first, second] = roots.map((name) => join(folder, name));
  fillSampleFolder(first);
  const flags = ['--epochs', '5', '--out', '.kolmo/runs/2026-01-01-120000-houses-mlp'];
  const words = [join(root, 'dist/cli.js'), 'train', 'houses.csv', ...flags, '--quiet'];
  const { status, stderr } = spawnSync(process.execPath, words, { cwd: first });
  assert.equal(status, 0, String(stderr));
  cpSync(first, second, { recursive: true });
  const folders = roots.map((path) => ({ path }));
  writeFileSync(join(folder, 'both.code-workspace'), JSON.stringify({ folders }));
}

describe('a workspace of two folders', () => {
  let workbench;
  const step = sessionOf(() => workbench);
  before(async () => {
    workbench = await openWorkbench({ fill, open: 'both.code-workspace' });
  });
  after(() => workbench?.close());

  step('says of runs of the same name in which of them each is', async () => {
    const { page, palette, question } = workbench;
    await page.locator('.activitybar .action-label[aria-label^="Kolmo"]').click();
    const rows = page.locator('.pane-body .monaco-list-row', { hasText: 'houses-mlp' });
    await waitFor(async () => (await rows.count()) === 2, 'the view does not list both runs');
    const labels = await rows.evaluateAll((all) => all.map((row) => row.ariaLabel));
    for (const [i, name] of roots.entries()) {
      assert.match(labels[i], new RegExp(`^houses-mlp, ${name}, finished, `));
    }
    await workbench.screenshot('roots');
    await palette('Kolmo: Open Run…');
    const asked = await question(/Run to open/);
    assert.deepEqual(
      (await asked.rows()).map((row) => /(north|south), finished/.exec(row)?.[1]),
      roots,
    );
    await asked.escape();
  });

  step('tells them apart where they are compared', async () => {
    await workbench.palette('Kolmo: Compare Runs…');
    await (await workbench.question(/Runs to compare/)).accept();
    const panel = await workbench.webview('body[data-kind="compare"][data-ready]');
    const heads = String(await panel.locator('[data-view=comparison] th').allInnerTexts());
    for (const name of roots) {
      assert.ok(heads.includes(`${name}/2026-01-01-120000-houses-mlp`), heads);
    }
    await workbench.screenshot('roots-compared');
  });
});
