// Surprisal: shades, sums and hovers in a text file, the dearest regions as a list, heat maps of an image file, in three themes.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe } from 'node:test';
import { root } from '../real-vscode/server.mjs';
import { openWorkbench, waitFor } from '../real-vscode/workbench.mjs';
import { sessionOf } from './steps.mjs';

describe('surprisal in the workbench', () => {
  let workbench;
  const step = sessionOf(() => workbench);
  const lines = () => workbench.page.locator('.editor-instance .view-lines');
  /** Decorations are told by their place only: what an `after` says is in a style sheet. */
  const sums = () =>
    lines()
      .locator('span[class*="ced-"]')
      .evaluateAll((spans) =>
        spans
          .map((span) => getComputedStyle(span, '::after').content)
          .filter((content) => / bits"$/.test(content)),
      );
  const pictures = async (name) => {
    for (const theme of ['light', 'dark', 'high-contrast']) {
      await workbench.useTheme(theme);
      await workbench.screenshot(`${name}-${theme}`);
    }
  };

  before(async () => {
    const verse = 'The law repeats itself, line after line, and costs less.\n';
    workbench = await openWorkbench({
      files: {
        'seattle-weather.csv': readFileSync(
          join(root, 'test/fixtures/seattle-weather.csv'),
          'utf8',
        ),
        'verse.txt': `${verse.repeat(30)}Zq# xW9!\n${verse.repeat(30)}`,
      },
    });
  });
  after(() => workbench?.close());

  step('shades a table from the Explorer and sums up each line', async () => {
    await workbench.contextMenu('seattle-weather.csv', 'Kolmo: Show or Hide Surprisal');
    await waitFor(async () => (await sums()).length > 10, 'no line shows its bits', 120_000);
    const shades = await workbench.page.locator('.view-overlays .cdr[class*="ced-"]').count();
    assert.ok(shades > 20, `${shades} shaded words`);
    await workbench.page.locator('[id="kolmo.kolmo.kolmo.surprisal"]').waitFor();
    await pictures('surprisal');
  });

  step('tells on hover what a word cost and what predicted it', async () => {
    const word = lines().locator('.view-line').nth(5).locator('span span').first();
    await word.hover({ position: { x: 80, y: 8 } });
    const hover = workbench.page.locator('.monaco-hover-content').filter({ hasText: 'bits for' });
    await hover.first().waitFor();
    assert.match(
      (await hover.first().innerText()).replace(/\s+/g, ' '),
      /\d+\.\d bits for \d+ bytes?: .* Best predicted from: .*\. The line cost/,
    );
    await workbench.screenshot('surprisal-hover', { mouse: 'stays' });
  });

  step('lists the dearest and the cheapest regions, and goes to one', async () => {
    await workbench.palette('Kolmo: List Dearest and Cheapest Regions');
    const question = await workbench.question(/Region to go to/);
    const rows = await question.rows();
    assert.match(rows.join('\n'), /bits a byte[^]*Lines 1 to \d/);
    await workbench.screenshot('surprisal-regions');
    await question.pick('Lines 1 to');
    await workbench.page.locator('.statusbar-item:has-text("selected")').waitFor();
    await workbench.page.locator('.quick-input-widget').waitFor({ state: 'hidden' });
    await workbench.page.locator('.monaco-editor.focused').waitFor();
  });

  step('takes the shades away again', async () => {
    await workbench.palette('Kolmo: Show or Hide Surprisal');
    await waitFor(async () => (await sums()).length === 0, 'the bits are still shown');
  });

  step('makes an accident the dearest line of a text', async () => {
    await workbench.explorerRow('verse.txt').dblclick();
    await workbench.page.locator('.tab.active[data-resource-name="verse.txt"]').waitFor();
    await workbench.palette('Kolmo: Show or Hide Surprisal');
    await waitFor(async () => (await sums()).length > 10, 'no line shows its bits', 120_000);
    await workbench.palette('Kolmo: List Dearest and Cheapest Regions');
    const question = await workbench.question(/Region to go to/);
    const rows = (await question.rows()).filter((row) => /bits a byte/.test(row));
    assert.match(rows.slice(0, 2).join('\n'), /Lines? 3[01]/);
    await question.escape();
  });

  step('shows heat maps of an image file', async () => {
    await workbench.contextMenu('t10k-images-idx3-ubyte', 'Kolmo: Show or Hide Surprisal');
    const panel = await waitFor(
      () => workbench.webview('body[data-kind="surprisal"][data-ready]').catch(() => undefined),
      'no heat maps',
      240_000,
    );
    assert.equal(await panel.locator('[data-view=samples]').getAttribute('data-count'), '120');
    // Each picture has some white in it: an empty one lost its data on the way.
    const blank = await panel.locator('[data-view=samples] canvas').evaluateAll(
      (canvases) =>
        canvases.filter((canvas) => {
          const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
          return new Set(data).size < 4;
        }).length,
    );
    assert.equal(blank, 0);
    const bits = (figure) => figure.getAttribute('data-bits').then(Number);
    const figures = panel.locator('[data-view=samples] figure');
    const before = await bits(figures.first());
    await panel.locator('[data-view=order]').click();
    await panel.locator('[data-view=order]').press('ArrowDown');
    await panel.locator('[data-view=order]').press('Enter');
    await waitFor(async () => (await bits(figures.first())) > before, 'not the dearest first');
    await pictures('surprisal-images');
  });

  step('logs no error that names the extension', async () => {
    assert.deepEqual(workbench.errors(), []);
  });
});
