// The package that a user installs: made here, put into a fresh VS Code, and trained with once.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { after, before, describe } from 'node:test';
import { openWorkbench, waitFor } from '../real-vscode/workbench.mjs';
import { sessionOf } from './steps.mjs';

const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
const vsix = `kolmo-${process.platform}-${process.arch}-${version}.vsix`;
const mostBytes = 60e6;

describe('the package', () => {
  let workbench;
  const step = sessionOf(() => workbench);
  before(async () => {
    const { status } = spawnSync('node', ['esbuild.mjs', '--vsix', '--quiet'], {
      stdio: 'inherit',
    });
    assert.equal(status, 0, 'the package could not be made');
    workbench = await openWorkbench({
      vsix,
      settings: { 'kolmo.epochs': 5, 'workbench.colorTheme': 'Default High Contrast' },
    });
  });
  after(() => workbench?.close());

  step('has at most 60 MB', () => {
    const bytes = statSync(vsix).size;
    assert.ok(bytes <= mostBytes, `${vsix} has ${bytes} bytes`);
  });

  const ended = async (status, seconds) => {
    const panel = await workbench.webview('body[data-kind="run"][data-ready]');
    const now = () => panel.locator('body').getAttribute('data-status');
    await waitFor(async () => (await now()) === status, `the run is not ${status}`, seconds * 1000);
  };

  // Only a package shows its notifications as toasts; an extension in development mutes them.
  step('stops a training by the Cancel of its notification', async () => {
    await workbench.contextMenu('train-images-idx3-ubyte', 'Kolmo: Train Model…');
    await (await workbench.question(/Architecture/)).accept();
    const toast = workbench.page.locator('.notification-toast', { hasText: 'Training' });
    await toast.getByRole('button', { name: 'Cancel' }).click();
    await ended('stopped', 60);
    await workbench.palette('View: Close Editor');
  });

  step('trains on a table', async () => {
    await workbench.contextMenu('houses.csv', 'Kolmo: Train Model…');
    await (await workbench.question(/Column to predict/)).accept();
    await (await workbench.question(/Architecture/)).accept();
    await ended('finished', 120);
    await workbench.screenshot('high-contrast');
  });
});
