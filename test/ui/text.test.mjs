// A text whose next symbol is learned, with the keyboard alone: train, stop, go on, stop again.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe } from 'node:test';
import { root } from '../real-vscode/server.mjs';
import { openWorkbench, waitFor } from '../real-vscode/workbench.mjs';
import { sessionOf } from './steps.mjs';

describe('a text in the workbench', () => {
  let workbench;
  const step = sessionOf(() => workbench);
  before(async () => {
    const story = readFileSync(join(root, 'README.md'), 'utf8');
    workbench = await openWorkbench({
      files: { 'a story.txt': story },
      settings: { 'kolmo.epochs': 1000, 'kolmo.patience': 0 },
    });
  });
  after(() => workbench?.close());

  const panel = () => workbench.webview('body[data-kind="run"][data-ready]');
  const points = async () =>
    Number(await (await panel()).locator('[data-view=curves]').getAttribute('data-points'));
  const status = async () => (await panel()).locator('body').getAttribute('data-status');

  step('is offered while it is in front, and only what learns its next symbol', async () => {
    const { page, palette, question } = workbench;
    await palette('Go to File...');
    await page.keyboard.type('a story.txt');
    await page.locator('.quick-input-widget .monaco-list-row', { hasText: 'a story' }).waitFor();
    await page.keyboard.press('Enter');
    await page.locator('.monaco-editor[data-uri$="story.txt"]').waitFor();
    await palette('Kolmo: Train Model…');
    await question(/Dataset to train on/);
    await page.keyboard.type('a story');
    await waitFor(
      async () => (await (await question(/Dataset/)).rows()).length === 1,
      'the text in front is not listed alone',
    );
    await page.keyboard.press('Enter');
    const architecture = await question(/Architecture/);
    assert.match((await architecture.rows()).join(), /^next-symbol/);
    await workbench.screenshot('text-architectures');
    await architecture.accept();
    await waitFor(points, 'the curve has no points');
  });

  step('is stopped by the command, and keeps the model so far', async () => {
    await workbench.palette('Kolmo: Stop');
    await waitFor(async () => (await status()) === 'stopped', 'the run did not stop');
    await workbench.notification(/Stopped next-symbol on a story\.txt, with the model so far/);
  });

  step('goes on from its checkpoint', async () => {
    const before = await points();
    await workbench.palette('Kolmo: Resume');
    await waitFor(async () => (await status()) === 'running', 'the run did not go on');
    await waitFor(async () => (await points()) > before + 2, 'the curve did not go on');
    await workbench.palette('Kolmo: Stop');
    await waitFor(async () => (await status()) === 'stopped', 'the run did not stop again');
    assert.equal(readdirSync(join(workbench.workspace, '.kolmo/runs')).length, 1);
    assert.deepEqual(workbench.errors(), []);
    await workbench.screenshot('text-stopped');
  });
});
