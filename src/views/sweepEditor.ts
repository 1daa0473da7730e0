/** The chart of a sweep's results: follows sweep-results.json while the sweep goes on; a point opens its run. */
import { unwatchFile, watchFile } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Uri } from 'vscode';
import {
  commands,
  window,
  type CustomDocument,
  type CustomReadonlyEditorProvider,
  type Disposable,
} from 'vscode';
import type { FromSweepPanel } from './panelMessages';
import { resultsName } from '../runs/sweepFile';
import { readResults } from './sweepResults';
import { webviewOptions, webviewPage } from './webviewPage';

export const sweepEditorType = 'kolmo.sweep';

/** How often the results are looked at, in milliseconds: a point takes seconds. */
const interval = 500;

export function registerSweepEditor(extension: Uri): Disposable {
  const provider: CustomReadonlyEditorProvider = {
    openCustomDocument: (uri): CustomDocument => ({ uri, dispose: () => undefined }),
    resolveCustomEditor: ({ uri }, panel) => {
      panel.webview.options = webviewOptions(extension);
      const folder = dirname(uri.fsPath);
      let disposed = false;
      const show = async (): Promise<void> => {
        const message = await readResults(uri.fsPath);
        if (!disposed) await panel.webview.postMessage(message);
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
      // VS Code's watcher misses changes of a folder that has just been made; the length of one file is asked for free.
      const changed = (): void => void show();
      watchFile(uri.fsPath, { interval }, changed);
      panel.onDidDispose(() => {
        disposed = true;
        unwatchFile(uri.fsPath, changed);
      });
      panel.webview.html = webviewPage(panel.webview, extension, {
        bundle: 'sweep',
        title: resultsName,
        data: { kind: 'sweep' },
      });
    },
  };
  return window.registerCustomEditorProvider(sweepEditorType, provider);
}
