// Surprisal: shades, sums and hovers in a text file, the dearest regions as a list, heat maps of an image file, in three themes.
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe } from 'node:test';
import { PNG } from 'pngjs';
import { fillSampleFolder } from '../real-vscode/sampleFolder.mjs';
import { root } from '../real-vscode/server.mjs';
import { openWorkbench, waitFor } from '../real-vscode/workbench.mjs';
import { sessionOf } from './steps.mjs';

/** Skies over meadows, each with a sun elsewhere. */
function writePhotos(folder) {
  mkdirSync(folder);
  for (let k = 0; k < 24; k++) {
    const image = new PNG({ width: 32, height: 24 });
    for (let i = 0; i < 32 * 24; i++) {
      const [x, y] = [i % 32, Math.floor(i / 32)];
      const isSun = (x - k) ** 2 + (y - 5) ** 2 < 9;
      const sky = [90 + 4 * y, 150 + 3 * y, 250];
      const ground = [60, 130 + ((x * y) % 7), 50];
      image.data.set([...(isSun ? [255, 230, 80] : y < 14 ? sky : ground), 255], 4 * i);
    }
    writeFileSync(join(folder, `meadow at noon ${k}.png`), PNG.sync.write(image));
  }
}

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
  const shades = () => workbench.page.locator('.view-overlays .cdr[class*="ced-"]').count();
  const pictures = async (name) => {
    for (const theme of ['light', 'dark', 'high-contrast']) {
      await workbench.useTheme(theme);
      await workbench.screenshot(`${name}-${theme}`);
    }
  };

  before(async () => {
    const weather = readFileSync(join(root, 'test/fixtures/seattle-weather.csv'), 'utf8');
    const [heads, ...days] = weather
      .trim()
      .split('\n')
      .map((row) => row.split(','));
    const records = days.map((day) => Object.fromEntries(heads.map((head, k) => [head, day[k]])));
    const log = days.map(
      ([date, rain, most, least], k) =>
        `${date}T06:${String(k % 60).padStart(2, '0')}:12 station[${2000 + (k % 7)}]: rain=${rain} range=${least}..${most}`,
    );
    const verse = 'The law repeats itself, line after line, and costs less.\n';
    workbench = await openWorkbench({
      fill(folder) {
        fillSampleFolder(folder);
        writePhotos(join(folder, 'photos'));
      },
      files: {
        'seattle-weather.csv': weather,
        'one-line.json': JSON.stringify(records),
        'station.log': log.join('\n'),
        'windows.txt': Buffer.from(`\ufeff${verse.repeat(30)}Zq# xW9!\r\n`, 'utf16le'),
        'verse.txt': `${verse.repeat(30)}Zq# xW9!\n${verse.repeat(30)}`,
      },
    });
  });
  after(() => workbench?.close());

  step('shades a table from the Explorer and sums up each line', async () => {
    await workbench.contextMenu('seattle-weather.csv', 'Kolmo: Show or Hide Surprisal');
    await waitFor(async () => (await sums()).length > 10, 'no line shows its bits', 120_000);
    assert.ok((await shades()) > 20, `${await shades()} shaded words`);
    await workbench.page.locator('[id="kolmo.kolmo.kolmo.surprisal"]').waitFor();
    await pictures('surprisal');
  });

  step('tells on hover what a word cost and what predicted it', async () => {
    await lines()
      .locator('.view-line')
      .nth(5)
      .hover({ position: { x: 80, y: 8 } });
    const hover = workbench.page.locator('.monaco-hover-content').filter({ hasText: 'bits for' });
    await hover.first().waitFor();
    assert.match(
      (await hover.first().innerText()).replace(/\s+/g, ' '),
      /\d+\.\d bits for \d+ bytes?: .* Best predicted from: .*\. The line cost/,
    );
    await workbench.screenshot('surprisal-hover', { mouse: 'stays' });
  });

  step(
    'takes the shades away when the text changes, says so, and brings them back by undo',
    async () => {
      const { keyboard } = workbench.page;
      const status = workbench.page.locator('[id="kolmo.kolmo.kolmo.surprisal"]');
      await lines().locator('.view-line').nth(5).click();
      await keyboard.type('x');
      await waitFor(
        async () => (await sums()).length === 0,
        'sums stay on a text that has changed',
      );
      await status.filter({ hasText: 'text changed' }).waitFor();
      await workbench.screenshot('surprisal-changed');
      await keyboard.press('Control+z');
      await waitFor(async () => (await sums()).length > 10, 'undo does not bring the sums back');
      assert.match(await status.innerText(), /bits a byte/);
    },
  );

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

  step('shades a file of one line, and goes to a part of it', async () => {
    await workbench.contextMenu('one-line.json', 'Kolmo: Show or Hide Surprisal');
    await workbench.page.locator('.tab.active[data-resource-name="one-line.json"]').waitFor();
    // The line's bits stand behind its end, far to the right.
    await waitFor(async () => (await shades()) > 20, 'no word is shaded', 120_000);
    await pictures('surprisal-one-line');
    await workbench.palette('Kolmo: List Dearest and Cheapest Regions');
    const question = await workbench.question(/Region to go to/);
    const rows = (await question.rows()).filter((row) => /bits a byte/.test(row));
    assert.match(rows[0], /Line 1, columns [\d,]+ to [\d,]+/);
    await workbench.screenshot('surprisal-one-line-regions');
    await question.pick(/columns [\d,]+ to [\d,]+/.exec(rows[1])[0]);
    await workbench.page.locator('.statusbar-item:has-text("selected")').waitFor();
    await workbench.screenshot('surprisal-one-line-region');
  });

  step('shades a log, whose dates keep no colour that is faint on a shade', async () => {
    await workbench.contextMenu('station.log', 'Kolmo: Show or Hide Surprisal');
    await workbench.page.locator('.tab.active[data-resource-name="station.log"]').waitFor();
    await waitFor(async () => (await sums()).length > 10, 'no line shows its bits', 120_000);
    await pictures('surprisal-log');
    const colors = await lines()
      .locator('span[class*="ced-"]')
      .evaluateAll((spans) => [
        ...new Set(spans.filter((s) => s.textContent).map((s) => getComputedStyle(s).color)),
      ]);
    const foreground = await workbench.page
      .locator('.monaco-editor.focused, .monaco-editor')
      .first()
      .evaluate((editor) =>
        getComputedStyle(editor).getPropertyValue('--vscode-editor-foreground'),
      );
    const [r, g, b] = foreground.match(/[0-9a-f]{2}/gi).map((level) => parseInt(level, 16));
    assert.deepEqual(colors, [`rgb(${r}, ${g}, ${b})`]);
  });

  step('lays the bits of a UTF-16 file over its words', async () => {
    await workbench.contextMenu('windows.txt', 'Kolmo: Show or Hide Surprisal');
    await workbench.page.locator('.tab.active[data-resource-name="windows.txt"]').waitFor();
    await waitFor(async () => (await sums()).length > 10, 'no line shows its bits', 120_000);
    await workbench.screenshot('surprisal-utf16');
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

  step('shows heat maps of a folder of images', async () => {
    await workbench.useTheme('light');
    await workbench.contextMenu('photos', 'Kolmo: Show or Hide Surprisal');
    const panel = await waitFor(
      () =>
        workbench
          .webview('body[data-kind="surprisal"][data-ready] h1:text("photos")')
          .catch(() => undefined),
      'no heat maps',
      240_000,
    );
    await panel.locator('figure[data-sample]').first().waitFor();
    await pictures('surprisal-folder');
  });

  step('logs no error that names the extension', async () => {
    assert.deepEqual(workbench.errors(), []);
  });
});
