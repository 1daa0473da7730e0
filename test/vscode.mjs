// Runs test/vscode inside the extension host of a real VS Code and prints their report.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { launchBrowser } from './real-vscode/browser.mjs';
import { fillSampleFolder } from './real-vscode/sampleFolder.mjs';
import { root, startServer, workbenchAddress } from './real-vscode/server.mjs';

/** Seconds after which a run that hangs is given up. */
const limit = Number(process.env.KOLMO_TEST_SECONDS ?? 600);

const scratch = mkdtempSync(join(tmpdir(), 'kolmo-host-'));
const output = join(scratch, 'output.txt');
const folder = join(scratch, 'sample');
writeFileSync(output, '');
fillSampleFolder(folder);

let exitCode = 1;
let server;
let browser;
try {
  server = await startServer({
    environment: { KOLMO_TEST_OUTPUT: output },
  });
  let page;
  ({ browser, page } = await launchBrowser());
  // VS Code's own contract for tests: it calls these two globals of the page.
  const exit = new Promise((resolve) => void page.exposeFunction('codeAutomationExit', resolve));
  await page.exposeFunction('codeAutomationLog', () => {});
  await page.goto(
    workbenchAddress(server, { folder, extension: root, tests: join(root, 'out/vscode/index') }),
  );
  exitCode = verdict(await streamUntil(exit, page));
} catch (error) {
  console.error(error);
  if (server) console.error(server.log());
} finally {
  await browser?.close();
  await server?.stop();
  rmSync(scratch, { recursive: true, force: true, maxRetries: 5 });
}
process.exit(exitCode);

/** Prints what the tests print as they print it, until VS Code exits. */
async function streamUntil(exit, page) {
  let code;
  let printed = 0;
  void exit.then((value) => (code = value));
  const end = Date.now() + limit * 1000;
  for (;;) {
    const ended = code !== undefined;
    const text = readFileSync(output, 'utf8');
    const lines = text.slice(printed, text.lastIndexOf('\n') + 1);
    printed += lines.length;
    process.stdout.write(lines.replace(/^KOLMO-END.*\n/m, ''));
    if (ended) return code;
    if (Date.now() > end) {
      const picture = join(root, 'test/shots/host-timeout.png');
      await page.screenshot({ path: picture });
      throw new Error(`The extension host did not finish within ${limit} s; see ${picture}.`);
    }
    await sleep(100);
  }
}

/** Both must agree that it went well: VS Code's exit code and the runner's own last line. */
function verdict(code) {
  const record = /^KOLMO-END (.*)$/m.exec(readFileSync(output, 'utf8'));
  if (!record) {
    console.error(`VS Code exited with ${code}, but the tests never reported their end.`);
    return 1;
  }
  const { tests, fail } = JSON.parse(record[1]);
  return code === 0 && tests > 0 && fail === 0 ? 0 : 1;
}
