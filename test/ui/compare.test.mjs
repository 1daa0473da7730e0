// Two runs of a table, laid side by side from the palette.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe } from 'node:test';
import { fillSampleFolder } from '../real-vscode/sampleFolder.mjs';
import { root } from '../real-vscode/server.mjs';
import { openWorkbench, waitFor } from '../real-vscode/workbench.mjs';
import { sessionOf } from './steps.mjs';

function fillWithRuns(folder) {
  fillSampleFolder(folder);
  for (const [rate, run] of [
    ['0.001', '2026-01-01-120000-houses-mlp'],
    ['0.01', '2026-01-02-120000-houses-mlp'],
  ]) {
    const flags = ['--epochs', '20', '--learning-rate', rate, '--out', `.kolmo/runs/${run}`];
    const words = [join(root, 'dist/cli.js'), 'train', 'houses.csv', ...flags, '--quiet'];
    const { status, stderr } = spawnSync(process.execPath, words, { cwd: folder });
    assert.equal(status, 0, String(stderr));
  }
  // A run that only wrote a program has no record, and nothing that could be compared.
  mkdirSync(join(folder, '.kolmo/runs/2026-01-03-120000-houses-program'));
}

describe('two runs in the workbench', () => {
  let workbench;
  const step = sessionOf(() => workbench);
  before(async () => {
    workbench = await openWorkbench({ fill: fillWithRuns });
  });
  after(() => workbench?.close());

  const panel = () => workbench.webview('body[data-kind="compare"][data-ready]');

  step('are offered together, both chosen already', async () => {
    await workbench.palette('Kolmo: Compare Runs…');
    const question = await workbench.question(/Runs to compare/);
    assert.equal((await question.rows()).length, 2);
    await workbench.screenshot('compare-question');
    await question.accept();
  });

  step('overlay their curves', async () => {
    const body = (await panel()).locator('body');
    assert.equal(await body.getAttribute('data-runs'), '2');
    const loss = (await panel()).locator('[data-view=curve-loss]');
    await waitFor(
      async () => (await loss.getAttribute('data-lines')) === '4',
      'the loss chart lacks training and validation of two runs',
    );
    assert.equal(await loss.locator('canvas').count(), 1);
  });

  step('tabulate settings, bytes and metrics, with the differences marked', async () => {
    const table = (await panel()).locator('[data-view=comparison]');
    const rate = table.locator('tr[data-row=learningRate]');
    assert.deepEqual(await rate.locator('td').allInnerTexts(), ['0.01', '0.001']);
    assert.equal(await rate.getAttribute('data-differs'), '');
    assert.equal(await table.locator('tr[data-row=epochs][data-differs]').count(), 0);
    await workbench.screenshot('compare');
    await (await panel()).locator('[data-action=differences]').click();
    await waitFor(
      async () => (await table.locator('tr[data-row=epochs]').count()) === 0,
      'rows without a difference stay',
    );
    assert.equal(await rate.count(), 1);
  });

  step('are compared again after the window was reloaded', async () => {
    await workbench.reload();
    const body = (await panel()).locator('body');
    assert.equal(await body.getAttribute('data-runs'), '2');
    assert.equal(await body.getAttribute('data-error'), null);
    assert.deepEqual(workbench.errors(), []);
  });
});
