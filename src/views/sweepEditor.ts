/** The chart of a sweep's results: follows sweep-results.json while the sweep goes on; a point opens its run. */
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import {
  RelativePattern,
  Uri,
  commands,
  window,
  workspace,
  type CustomDocument,
  type CustomReadonlyEditorProvider,
  type Disposable,
} from 'vscode';
import type { FromSweepPanel, ToSweepPanel } from '../runs/panelMessages';
import { resultsName, type SweepResults } from '../runs/sweepFile';
import { webviewOptions, webviewPage } from './webviewPage';

export const sweepEditorType = 'kolmo.sweep';

export function registerSweepEditor(extension: Uri): Disposable {
  const provider: CustomReadonlyEditorProvider = {
    openCustomDocument: (uri): CustomDocument => ({ uri, dispose: () => undefined }),
    resolveCustomEditor: ({ uri }, panel) => {
      panel.webview.options = webviewOptions(extension);
      const folder = dirname(uri.fsPath);
      const show = async (): Promise<void> => {
        const message: ToSweepPanel = await readFile(uri.fsPath, 'utf8').then(
          (text) => ({ type: 'results', results: JSON.parse(text) as SweepResults }),
          (error: Error) => ({ type: 'failed', message: `${uri.fsPath}: ${error.message}.` }),
        );
        await panel.webview.postMessage(message);
      };
      panel.webview.onDidReceiveMessage(async (wish: FromSweepPanel) => {
        switch (wish.type) {
          case 'ready':
            return show();
          case 'openPoint':
            return commands.executeCommand('kolmo.openRun', { folder: join(folder, wish.point) });
          default:
            return wish satisfies never;
        }
      });
      const watcher = workspace.createFileSystemWatcher(
        new RelativePattern(Uri.file(folder), resultsName),
      );
      watcher.onDidChange(() => void show());
      watcher.onDidCreate(() => void show());
      panel.onDidDispose(() => watcher.dispose());
      panel.webview.html = webviewPage(panel.webview, extension, {
        bundle: 'sweep',
        title: resultsName,
        data: { kind: 'sweep' },
      });
    },
  };
  return window.registerCustomEditorProvider(sweepEditorType, provider);
}
