// Opens the browser that shows the workbench; requests that would leave this machine fail at once.
import { execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { vscodeFolder } from './server.mjs';

/** Hosts that VS Code serves itself: through the server, or through a webview's service worker. */
const ownHosts = /(^|\.)(127\.0\.0\.1|localhost|vscode-cdn\.net|vscode-resource\.test)$/;

/** Gives `{ browser, page }`; call it after the server started, which provisions the browser. */
export async function launchBrowser({ width = 1440, height = 900 } = {}) {
  const { chromium } = createRequire(join(vscodeFolder, 'package.json'))('playwright-core');
  const browser = await chromium.launch({
    executablePath: process.env.KOLMO_CHROMIUM ?? which('chromium'),
    headless: true,
    args: [
      ...['--no-sandbox', '--disable-gpu', '--disable-quic', '--disable-dev-shm-usage'],
      ...['--no-first-run', '--disable-background-networking', '--disable-component-update'],
      '--disable-sync',
    ],
  });
  const context = await browser.newContext({
    viewport: { width, height },
    permissions: ['clipboard-read', 'clipboard-write'],
  });
  await context.route(
    (address) => address.protocol.startsWith('http') && !ownHosts.test(address.hostname),
    (route) => route.abort(),
  );
  // The first load of a workbench on a busy machine is slow.
  context.setDefaultNavigationTimeout(120_000);
  return { browser, page: await context.newPage() };
}

const which = (command) => execFileSync('which', [command], { encoding: 'utf8' }).trim();
