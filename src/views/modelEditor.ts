/** The read-only editor of model files: every tensor with its size, without reading a weight. */
import { basename } from 'node:path';
import type { Uri } from 'vscode';
import {
  window,
  workspace,
  type CustomDocument,
  type CustomReadonlyEditorProvider,
  type Disposable,
} from 'vscode';
import type { FromModelEditor, ToModelEditor } from './panelMessages';
import type { ModelSummaries } from './modelSummaries';
import { webviewOptions, webviewPage } from './webviewPage';

export const modelEditorType = 'kolmo.model';

export function registerModelEditor(extension: Uri, summaries: ModelSummaries): Disposable {
  const provider: CustomReadonlyEditorProvider = {
    openCustomDocument: (uri): CustomDocument => ({ uri, dispose: () => undefined }),
    resolveCustomEditor: ({ uri }, panel) => {
      panel.webview.options = webviewOptions(extension);
      const show = async (): Promise<void> => {
        const message: ToModelEditor = await summaries.of(uri.fsPath).then(
          (summary) => ({ type: 'summary', file: basename(uri.fsPath), summary }),
          (error: Error) => ({ type: 'failed', message: error.message }),
        );
        await panel.webview.postMessage(message);
      };
      panel.webview.onDidReceiveMessage((wish: FromModelEditor) => {
        switch (wish.type) {
          case 'ready':
            return show();
          default:
            return wish.type satisfies never;
        }
      });
      const watcher = workspace.createFileSystemWatcher(uri.fsPath);
      watcher.onDidChange(() => void show());
      panel.onDidDispose(() => watcher.dispose());
      panel.webview.html = webviewPage(panel.webview, extension, {
        bundle: 'model',
        title: basename(uri.fsPath),
        data: { kind: 'model' },
      });
    },
  };
  return window.registerCustomEditorProvider(modelEditorType, provider);
}
