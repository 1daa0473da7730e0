// Drives a real workbench as a person would: by what is written on the screen, with mouse and keyboard.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { launchBrowser } from './browser.mjs';
import { fillSampleFolder } from './sampleFolder.mjs';
import { root, startServer, workbenchAddress } from './server.mjs';

/** Patient, since a machine that trains is a busy machine. */
const patience = 60_000;

/** Pictures of a test run; git does not keep them. */
const shots = join(root, 'test/shots');

/** Themes by what the list of themes calls them, with the mark that the workbench then bears. */
const themes = {
  light: { label: 'Light Modern', mark: 'vs' },
  dark: { label: 'Dark Modern', mark: 'vs-dark' },
  'high-contrast': { label: 'Dark High Contrast', mark: 'hc-black' },
};

const defaults = {
  /** Fills the throw-away folder that is opened. */
  fill: fillSampleFolder,
  /** Texts of more files, by name: one that is written after the folder was opened may not be shown. */
  files: {},
  /** What to open of the throw-away folder: itself, or a `.code-workspace` in it. */
  open: '',
  /** A VSIX to install, instead of the extension of this repository in development. */
  vsix: undefined,
  /** User settings. */
  settings: {},
  trusted: true,
  /** Size of the window. */
  width: 1440,
  height: 900,
};

/**
 * Opens a workbench and waits until it can be used.
 * Gives the page, the opened copy of the folder and what a person can do there; `close()` ends all of it.
 */
export async function openWorkbench(options = {}) {
  const { fill, files, open, vsix, settings, trusted, width, height } = { ...defaults, ...options };
  const parent = mkdtempSync(join(tmpdir(), 'kolmo-workspace-'));
  const workspace = join(parent, 'sample');
  fill(workspace);
  for (const [name, text] of Object.entries(files)) writeFileSync(join(workspace, name), text);

  const server = await startServer({ vsix, settings, trusted, development: !vsix });
  const { browser, page } = await launchBrowser({ width, height });
  page.setDefaultTimeout(patience);
  const errors = [];
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(message.text());
  });

  const close = async () => {
    await browser.close();
    await server.stop();
    rmSync(parent, { recursive: true, force: true, maxRetries: 5 });
  };
  const ready = async () => {
    await page.locator('.monaco-workbench .part.statusbar').waitFor();
    await page.locator('.explorer-folders-view .monaco-list-row').first().waitFor();
    // Menus know an extension only after the extension host has told of it, and its view is the sign.
    await page.locator('.activitybar .action-label[aria-label^="Kolmo"]').waitFor();
  };
  try {
    await page.goto(
      workbenchAddress(server, {
        folder: join(workspace, open),
        extension: vsix ? undefined : root,
      }),
    );
    await ready();
  } catch (error) {
    error.message += `\nThe server's log:\n${server.log()}`;
    await close();
    throw error;
  }

  return {
    page,
    server,
    workspace,
    close,
    /** Errors of the page's console that name the extension, and not only a folder of these tests. */
    errors: () => errors.filter((text) => /kolmo(?!-(vscode|workspace)-)/i.test(text)),
    reload: async () => {
      // The command saves what is open; the browser's own reload does not wait for that.
      const loaded = page.waitForEvent('load');
      await quickInput(page).palette('Developer: Reload Window');
      await loaded;
      await ready();
    },
    /** `light`, `dark` or `high-contrast` */
    useTheme: async (name) => {
      const { label, mark } = themes[name];
      // Other commands of the palette hold the same words.
      await page.keyboard.press('Control+k');
      await page.keyboard.press('Control+t');
      const list = await quickInput(page).question(/Select Color Theme/);
      await list.fill(label);
      await list.pick(label);
      await page.locator(`.monaco-workbench.${mark}`).waitFor();
    },
    screenshot: (name, options) => screenshot(page, join(shots, `${name}.png`), options),
    ...explorer(page),
    ...quickInput(page),
    ...notifications(page),
    webview: (selector) => webview(page, selector),
  };
}

function explorer(page) {
  /** The row of a file or folder in the Explorer. */
  const explorerRow = (name) =>
    page
      .locator('.explorer-folders-view .monaco-list-row')
      .filter({ has: page.locator(`.label-name .monaco-highlighted-label:text-is("${name}")`) });

  /** Right-clicks a row and gives the menu's entry with these words. */
  const menuEntry = async (row, words) => {
    await row.click({ button: 'right' });
    const entry = page
      .locator('.context-view .monaco-menu .action-item')
      .filter({ has: page.locator(`.action-label:text-is("${words}")`) });
    await entry.hover();
    // Menus ignore the mouse during the first 100 ms, so that the click that opens them does not choose.
    await sleep(250);
    return entry;
  };

  const contextMenu = async (name, words) => {
    // A tree that is drawn anew takes the menu away; a person then opens it again.
    const clicked = async () => {
      const entry = await menuEntry(explorerRow(name), words);
      return entry.click({ timeout: 5000 }).then(
        () => entry,
        () => undefined,
      );
    };
    const entry = await waitFor(clicked, `"${words}" cannot be clicked`);
    await entry.waitFor({ state: 'hidden' });
  };

  return { explorerRow, menuEntry, contextMenu };
}

function quickInput(page) {
  const widget = page.locator('.quick-input-widget:visible');
  const box = widget.locator('.quick-input-box input');

  /** A key is lost, or the palette closes again, while a webview takes the focus; a person then begins anew. */
  const openPalette = (words = '') =>
    waitFor(async () => {
      await page.keyboard.press('F1');
      return box.fill(`>${words}`, { timeout: 3000 }).then(
        () => true,
        () => false,
      );
    }, 'the palette did not open');

  /** Runs a command of the palette by its visible words, such as `Kolmo: Prune Weights`. */
  const palette = async (words) => {
    await openPalette(words);
    await widget.locator('.monaco-list-row').filter({ hasText: words }).first().waitFor();
    await page.keyboard.press('Enter');
  };

  /** Waits for a question whose title or placeholder matches; gives its rows and what was filled in. */
  const question = async (pattern) => {
    const asked = async () => {
      if (!(await box.count())) return false;
      const placeholder = (await box.getAttribute('placeholder')) ?? '';
      const words = await widget.innerText();
      return pattern.test(`${placeholder}\n${words}`);
    };
    await waitFor(asked, `no question matches ${pattern}`);
    return {
      rows: () => widget.locator('.monaco-list-row').allInnerTexts(),
      value: () => box.inputValue(),
      fill: (text) => box.fill(text),
      accept: () => page.keyboard.press('Enter'),
      pick: (words) => widget.locator('.monaco-list-row').filter({ hasText: words }).click(),
      escape: () => page.keyboard.press('Escape'),
    };
  };

  return { openPalette, palette, question };
}

function notifications(page) {
  const item = page.locator('.notification-list-item-message:visible');
  const bell = page.locator('[id="status.notifications"] a');
  const center = page.locator('.notifications-center.visible');

  /** Waits for a notification, in a toast or behind the bell, and gives all its words. */
  const notification = async (pattern) => {
    const found = async () => {
      for (const text of await item.allInnerTexts()) if (pattern.test(text)) return text;
      const news = (await bell.getAttribute('aria-label')) !== 'No Notifications';
      if (news && !(await center.count())) await bell.click();
      return undefined;
    };
    const text = await waitFor(found, `no notification matches ${pattern}`);
    if (await center.count()) await page.keyboard.press('Escape');
    return text;
  };

  return { notification };
}

/** The frame of the webview that holds `selector`; frames stay alive behind other tabs, so contents tell them apart. */
async function webview(page, selector) {
  const find = async () => {
    const frames = page.frames().filter((f) => f.parentFrame()?.parentFrame() === page.mainFrame());
    for (const frame of frames) {
      // A frame may go away while it is asked; then it is not the one.
      const count = await frame
        .locator(selector)
        .count()
        .catch(() => 0);
      if (count > 0) return frame;
    }
    return undefined;
  };
  return waitFor(find, `no webview holds ${selector}`);
}

/** Polls what cannot be waited for by a locator. */
export async function waitFor(probe, complaint, milliseconds = patience) {
  const end = Date.now() + milliseconds;
  for (;;) {
    const result = await probe();
    if (result) return result;
    if (Date.now() > end) throw new Error(`After ${milliseconds / 1000} s: ${complaint}.`);
    await sleep(100);
  }
}

async function screenshot(page, file, { mouse = 'leaves' } = {}) {
  mkdirSync(dirname(file), { recursive: true });
  // A hover tip carries paths of this machine.
  if (mouse === 'leaves') await page.mouse.move(2, 2);
  await sleep(300);
  await page.screenshot({ path: file });
  return file;
}
