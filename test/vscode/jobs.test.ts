/** The extension host stays free: a job trains elsewhere while the host's event loop is watched. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Uri, commands, workspace } from 'vscode';

describe('a job', () => {
  it('trains without blocking the extension host, and leaves its files in the run', async function () {
    this.timeout(240_000);
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
    // Percentiles, since the worst moment also belongs to the other processes of a busy machine.
    const late = delay.percentile(95) / 1e6;
    assert.ok(late < 50, `the event loop was ${late.toFixed(0)} ms late once in twenty times`);
    const share = (user + system) / 1e6 / seconds;
    assert.ok(share < 0.5, `the extension host used ${(100 * share).toFixed(0)} % of a core`);
  });
});
