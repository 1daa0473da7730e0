// A pipeline file: run it from the lens above it, save a run as another one, run that as a task.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { openWorkbench, waitFor } from '../real-vscode/workbench.mjs';
import { sessionOf } from './steps.mjs';

describe('a pipeline file in the workbench', () => {
  let workbench;
  const step = sessionOf(() => workbench);
  before(async () => {
    workbench = await openWorkbench({
      files: {
        'wrong.kolmo.json':
          '{ "dataset": "houses.csv", "passes": [{ "pass": "prune", "bits": 4 }] }',
      },
    });
  });
  after(() => workbench?.close());

  const runs = () => readdirSync(join(workbench.workspace, '.kolmo/runs')).sort();
  const packed = (run) =>
    readFileSync(join(workbench.workspace, '.kolmo/runs', run, 'model.kolmo'));
  const panel = () => workbench.webview('body[data-kind="run"][data-ready]');
  const finished = async () =>
    (await (await panel()).locator('body').getAttribute('data-status')) === 'finished';

  step('marks what its schema does not know', async () => {
    await workbench.explorerRow('wrong.kolmo.json').dblclick();
    await workbench.page.locator('.squiggly-warning, .squiggly-error').first().waitFor();
    await workbench.screenshot('pipeline-wrong');
  });

  step('runs from the lens above it, in the run panel', async () => {
    await workbench.explorerRow('digits.kolmo.json').dblclick();
    const lens = workbench.page.locator('.codelens-decoration a:has-text("Run Pipeline")');
    await lens.first().waitFor();
    await workbench.screenshot('pipeline-file');
    await lens.first().click();
    await waitFor(finished, 'the pipeline did not end', 240_000);
    await workbench.screenshot('pipeline-run');
  });

  step('is saved from a run by its button', async () => {
    await (await panel()).locator('[data-action=savePipeline]').click();
    const question = await workbench.question(/Save as Pipeline|kolmo\.json/);
    const path = join(workbench.workspace, 'again.kolmo.json');
    // The dialog writes its own suggestion over what was typed while it listed the folder.
    await waitFor(async () => {
      await question.fill(path);
      await sleep(500);
      return (await question.value()) === path;
    }, 'the dialog does not keep the path');
    await question.accept();
    await workbench.page.locator('.tabs-container .tab', { hasText: 'again.kolmo.json' }).waitFor();
    const saved = JSON.parse(readFileSync(join(workbench.workspace, 'again.kolmo.json'), 'utf8'));
    assert.equal(saved.dataset, 'digits/train-images-idx3-ubyte');
    assert.deepEqual(
      saved.passes.map(({ pass }) => pass),
      ['prune', 'share'],
    );
    await workbench.screenshot('pipeline-saved');
  });

  step('is a task that makes the same bytes', async () => {
    const { page } = workbench;
    await workbench.openPalette();
    const box = page.locator('.quick-input-widget:visible .quick-input-box input');
    await box.fill('task kolmo');
    const rows = page.locator('.quick-input-widget .monaco-list-row');
    // First the type of the tasks, then those of that type.
    await rows.filter({ hasText: 'kolmo' }).first().click();
    const entry = rows.filter({ hasText: 'again.kolmo.json' });
    await entry.first().waitFor();
    await workbench.screenshot('pipeline-tasks');
    await entry.first().click();
    await waitFor(() => runs().length === 2, 'the task made no run');
    await waitFor(
      () => readdirSync(join(workbench.workspace, '.kolmo/runs', runs()[1])).includes('report.md'),
      'the task did not end',
      240_000,
    );
    await waitFor(finished, 'the panel does not say so');
    assert.deepEqual(packed(runs()[1]), packed(runs()[0]));
    await workbench.screenshot('pipeline-task');
  });

  step('logs no error that names the extension', async () => {
    assert.deepEqual(workbench.errors(), []);
  });
});
