// A workspace that is not trusted: looking at sizes works, training asks for trust.
import assert from 'node:assert/strict';
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
    await (await workbench.question(/Column to predict/)).accept();
    await (await workbench.question(/Architecture/)).accept();
    const message = await workbench.notification(/not trusted/);
    assert.ok(message, 'nothing says that the workspace is not trusted');
  });
});
