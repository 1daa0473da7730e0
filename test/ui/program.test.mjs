// A program of a table: right-click, effort, the Program tab with its proof, Verify, and a file that has changed since.
import assert from 'node:assert/strict';
import { appendFileSync, copyFileSync, existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe } from 'node:test';
import { root } from '../real-vscode/server.mjs';
import { openWorkbench, waitFor } from '../real-vscode/workbench.mjs';
import { sessionOf } from './steps.mjs';

describe('a program in the workbench', () => {
  let workbench;
  let panel;
  const step = sessionOf(() => workbench);
  before(async () => {
    workbench = await openWorkbench({
      fill: (folder) => {
        mkdirSync(folder);
        const table = 'seattle-weather.csv';
        copyFileSync(join(root, 'test/fixtures', table), join(folder, table));
      },
    });
  });
  after(() => workbench?.close());

  step('is written from the Explorer and verified', async () => {
    await workbench.contextMenu('seattle-weather.csv', 'Kolmo: Generate Program…');
    await (await workbench.question(/Effort of the search/)).pick('Fast');
    panel = await workbench.webview('body[data-kind="run"][data-ready]');
    await panel.locator('h1:text-is("seattle-weather.csv · program")').waitFor();
    const program = panel.locator('[data-view=program]');
    await waitFor(
      async () => (await program.getAttribute('data-verified')) === 'true',
      'the program was not verified',
      240_000,
    );
    assert.ok(await program.isVisible(), 'the tab of the only stage is not in front');
    assert.ok(Number(await program.getAttribute('data-total')) < 9300);
    const tabs = panel.locator('vscode-tab-header');
    assert.deepEqual(await tabs.allInnerTexts(), ['BYTES', 'PROGRAM'], 'tabs without contents');
  });

  step('stands beside the compressors and the uniform code', async () => {
    const names = await panel
      .locator('[data-view=program-bytes] tr[data-program]')
      .evaluateAll((rows) => rows.map((row) => row.dataset.program));
    for (const name of ['program', 'gzip', 'brotli', 'uniform']) {
      assert.ok(names.includes(name), `no ${name} in ${names}`);
    }
    const segments = await panel.locator('tr[data-program=program] .segment').count();
    assert.ok(segments >= 2, 'the bar of the program is not stacked');
  });

  step('shows findings, columns and the curve', async () => {
    assert.match(await panel.locator('[data-view=findings]').innerText(), /table.*commas/);
    assert.equal(await panel.locator('[data-view=fields] tr[data-field]').count(), 6);
    await panel.locator('[data-field=wind]').waitFor();
    const curve = panel.locator('[data-view=curve-bits]');
    await curve.locator('canvas').waitFor();
    assert.match(
      await curve.locator('[role=img]').getAttribute('aria-label'),
      /Bits a byte while reading: all bytes so far from \d\.\d+ to \d\.\d+/,
    );
    for (const theme of ['light', 'dark', 'high-contrast']) {
      await workbench.useTheme(theme);
      await workbench.screenshot(`program-${theme}`);
    }
    await panel.locator('[data-view=fields]').scrollIntoViewIfNeeded();
    await workbench.screenshot('program-columns');
    await curve.scrollIntoViewIfNeeded();
    await workbench.screenshot('program-curve');
  });

  step('verifies again on a click', async () => {
    await panel.locator('[data-action=verify]').click();
    assert.match(
      await workbench.notification(/prints exactly the bytes/),
      /seattle-weather\.csv: SHA-256 [0-9a-f]{64}/,
    );
    assert.match(
      await panel.locator('[data-view=proof]').innerText(),
      /--(experimental-)?permission/,
    );
  });

  step('says where runs lack what a command needs, and how to get it', async () => {
    const { palette, notification } = workbench;
    await palette('View: Close All Editors');
    await palette('Kolmo: Resume Run');
    assert.match(await notification(/No training was stopped/), /Kolmo: Train Model…/);
    await palette('Kolmo: Save as Pipeline…');
    assert.match(await notification(/No run has trained anything yet/), /Kolmo: Train Model…/);
    await palette('Kolmo: Verify Program');
    await (await workbench.question(/Run whose program to verify/)).accept();
    await notification(/prints exactly the bytes/);
    await palette('Kolmo: Open Run…');
    await (await workbench.question(/Run to open/)).accept();
    panel = await workbench.webview('body[data-kind="run"][data-ready]');
  });

  step('has no model to compress, which is said before any question', async () => {
    await workbench.palette('Kolmo: Compress Model…');
    assert.match(await workbench.notification(/holds no trained model/), /Kolmo: Train Model…/);
  });

  step('says when the file is no longer what the program prints', async () => {
    appendFileSync(join(workbench.workspace, 'seattle-weather.csv'), '2016-01-01,0,0,0,0,sun\n');
    await panel.locator('[data-action=verify]').click();
    await panel.locator('[data-view=proof][data-verified=false]').waitFor();
    await workbench.screenshot('program-changed');
  });

  step('offers to try again where a program was stopped, and does so in the same run', async () => {
    await workbench.palette('View: Close All Editors');
    await workbench.contextMenu('seattle-weather.csv', 'Kolmo: Generate Program…');
    await (await workbench.question(/Effort of the search/)).pick('Max');
    panel = await workbench.webview('body[data-kind="run"][data-status="running"]');
    await panel.locator('[data-action=stop]').click();
    await panel.locator('body:not([data-status="running"])').waitFor();
    assert.match(await panel.locator('[data-view=program]').innerText(), /No program was written/);
    assert.deepEqual(await panel.locator('[data-action]:visible').allInnerTexts(), ['Try Again']);
    await workbench.screenshot('program-stopped');
    const runs = readdirSync(join(workbench.workspace, '.kolmo/runs')).length;
    await panel.locator('[data-action=program]').click();
    await (await workbench.question(/Effort of the search/)).pick('Fast');
    await panel.locator('[data-view=program][data-verified=true]').waitFor();
    assert.equal(await panel.locator('[data-action=program]:visible').count(), 0);
    assert.equal(readdirSync(join(workbench.workspace, '.kolmo/runs')).length, runs);
  });

  step('stops from the palette after the window was reloaded, and asks which of two', async () => {
    const { page, contextMenu, palette, question, webview } = workbench;
    await palette('View: Close All Editors');
    for (const effort of ['Max', 'Balanced']) {
      await contextMenu('seattle-weather.csv', 'Kolmo: Generate Program…');
      await (await question(/Effort of the search/)).pick(effort);
      await webview('body[data-kind="run"][data-status="running"]');
      await palette('View: Close All Editors');
    }
    await palette('Kolmo: Stop');
    const asked = await question(/Run to stop/);
    assert.equal((await asked.rows()).length, 2);
    await asked.accept();
    const runs = join(workbench.workspace, '.kolmo/runs');
    const working = () =>
      readdirSync(runs).filter((run) => existsSync(join(runs, run, 'job.json'))).length;
    await waitFor(() => working() < 2, 'neither of two jobs was stopped');
    await workbench.reload();
    await palette('Kolmo: Stop');
    await waitFor(() => working() === 0, 'the job of the window before was not stopped');
    await page.keyboard.press('Escape');
  });

  step('says when the folder of the run that is shown was deleted', async () => {
    const runs = join(workbench.workspace, '.kolmo/runs');
    await workbench.palette('Kolmo: Open Run…');
    const question = await workbench.question(/Run to open/);
    const [shown] = (await question.rows())[0].split('\n');
    await question.accept();
    const run = readdirSync(runs).find((name) => shown.startsWith(name));
    panel = await workbench.webview(`body[data-kind="run"][data-run$="${run}"][data-ready]`);
    rmSync(join(runs, run), { recursive: true });
    await panel.locator('.message:has-text("was moved or deleted")').waitFor();
    assert.equal(await panel.locator('[data-action]:visible').count(), 0);
    await workbench.screenshot('run-gone');
  });

  step('logs no error that names the extension', async () => {
    assert.deepEqual(workbench.errors(), []);
  });
});
