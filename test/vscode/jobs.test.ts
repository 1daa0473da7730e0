/** The extension host stays free: a job trains elsewhere while the host's event loop is watched. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { ConfigurationTarget, Uri, commands, window, workspace } from 'vscode';

const mostMilliseconds = 50;

describe('a job', () => {
  it('trains without blocking the extension host, and leaves its files in the run', async function () {
    this.timeout(240_000);
    // The worst moment also belongs to the other processes of the machine: a block of ours comes back each time.
    this.retries(2);
    await settled();
    const folder = workspace.workspaceFolders![0].uri;
    const dataset = Uri.joinPath(folder, 'digits/train-images-idx3-ubyte');
    const cpu = process.cpuUsage();
    const delay = monitorEventLoopDelay({ resolution: 10 });
    delay.enable();
    const start = performance.now();
    const run = await commands.executeCommand<string>('kolmo.train', dataset, {
      target: '',
      architecture: 'lenet-300-100',
      training: { epochs: 20 },
      wait: true,
    });
    delay.disable();
    const seconds = (performance.now() - start) / 1000;
    const { user, system } = process.cpuUsage(cpu);

    assert.ok(existsSync(join(run, 'model.onnx')), `${run} holds no model.onnx`);
    const worst = delay.max / 1e6;
    assert.ok(worst < mostMilliseconds, `the event loop was blocked for ${worst.toFixed(0)} ms`);
    const share = (user + system) / 1e6 / seconds;
    assert.ok(share < 0.5, `the extension host used ${(100 * share).toFixed(0)} % of a core`);
  });

  it('that cannot make its run leaves no panel that waits for it', async () => {
    const folder = workspace.workspaceFolders![0].uri;
    const settings = workspace.getConfiguration('kolmo');
    const panels = (): string[] =>
      window.tabGroups.all.flatMap(({ tabs }) => tabs.map(({ label }) => label));
    await commands.executeCommand('workbench.action.closeAllEditors');
    // A file stands where the folder of runs should be.
    await settings.update('runsFolder', 'houses.csv/runs', ConfigurationTarget.Global);
    try {
      const file = Uri.joinPath(folder, 'digits.kolmo.json');
      await commands.executeCommand('kolmo.runPipeline', file, { wait: true });
      for (let tries = 0; tries < 50 && panels().length > 0; tries++) {
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
      assert.deepEqual(panels(), []);
    } finally {
      await settings.update('runsFolder', undefined, ConfigurationTarget.Global);
    }
  });
});

/** Waits until VS Code has started: its own extensions block the host while they load. */
async function settled(): Promise<void> {
  for (let tries = 0; tries < 15; tries++) {
    const delay = monitorEventLoopDelay({ resolution: 10 });
    delay.enable();
    await new Promise((resolve) => setTimeout(resolve, 2000));
    delay.disable();
    if (delay.max / 1e6 < mostMilliseconds) return;
  }
  throw new Error('The extension host did not come to rest within 30 s of its start.');
}
