// A workspace that is not trusted: looking at sizes works, training asks for trust.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe } from 'node:test';
import { openWorkbench, waitFor } from '../real-vscode/workbench.mjs';
import { sessionOf } from './steps.mjs';

describe('a workspace that is not trusted', () => {
  let workbench;
  const step = sessionOf(() => workbench);
  before(async () => {
    workbench = await openWorkbench({
      trusted: false,
      settings: { 'security.workspace.trust.startupPrompt': 'never' },
    });
  });
  after(() => workbench?.close());

  step('shows the size of a model file', async () => {
    const label = workbench.explorerRow('tiny.safetensors').locator('.monaco-icon-label');
    const tooltip = async () => (await label.getAttribute('aria-label')) ?? '';
    await waitFor(async () => /676 parameters/.test(await tooltip()), 'there is no tooltip');
  });

  step('asks for trust before it trains', async () => {
    await workbench.contextMenu('houses.csv', 'Kolmo: Train Model…');
    // Nothing is asked in vain, and no panel waits for a run that never begins.
    await workbench.notification(/not trusted/);
    assert.equal(await workbench.page.locator('.quick-input-widget:visible').count(), 0);
    assert.equal(await workbench.page.locator('.tab', { hasText: 'Run: ' }).count(), 0);
    assert.equal(existsSync(join(workbench.workspace, '.kolmo')), false);
  });
});
