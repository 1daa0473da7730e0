/** Activation inside the extension host: the commands are there, and no native library is. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { commands, extensions } from 'vscode';

describe('activation', () => {
  const kolmo = extensions.getExtension('kolmo.kolmo')!;

  before(() => kolmo.activate());

  it('registers every command of the manifest', async () => {
    const registered = new Set(await commands.getCommands(true));
    const promised = kolmo.packageJSON.contributes.commands as { command: string }[];
    assert.ok(promised.length > 0, 'the manifest contributes no command');
    assert.deepEqual(
      promised.map(({ command }) => command).filter((command) => !registered.has(command)),
      [],
    );
  });

  it('loads no native library', () => {
    const native = readFileSync('/proc/self/maps', 'utf8')
      .split('\n')
      .filter((line) => /onnxruntime|duckdb/.test(line));
    assert.deepEqual(native, []);
  });
});
