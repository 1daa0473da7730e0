// Runs test/vscode in a desktop VS Code, which @vscode/test-electron downloads: `npm run test:desktop`.
import { runTests } from '@vscode/test-electron';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fillSampleFolder } from './real-vscode/sampleFolder.mjs';
import { root } from './real-vscode/server.mjs';

const scratch = mkdtempSync(join(tmpdir(), 'kolmo-desktop-'));
const folder = join(scratch, 'sample');
fillSampleFolder(folder);
try {
  await runTests({
    version: process.env.KOLMO_VSCODE_VERSION ?? 'stable',
    extensionDevelopmentPath: root,
    extensionTestsPath: join(root, 'out/vscode/index'),
    launchArgs: [folder, '--disable-extensions', '--skip-welcome', '--disable-workspace-trust'],
  });
} catch (error) {
  console.error(`The desktop tests failed: ${error.message}`);
  process.exitCode = 1;
} finally {
  rmSync(scratch, { recursive: true, force: true, maxRetries: 5 });
}
