/** The read-only editor of model files: every tensor with its size, without reading a weight. */
import { existsSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import {
  RelativePattern,
  Uri,
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
      let shown: ToModelEditor | undefined;
      const show = async (): Promise<void> => {
        const message = await messageOf(uri.fsPath, summaries);
        // The folder may be busy with other files.
        if (shown && isSame(shown, message)) return;
        shown = message;
        await panel.webview.postMessage(message);
      };
      panel.webview.onDidReceiveMessage((wish: FromModelEditor) => {
        switch (wish.type) {
          case 'ready':
            shown = undefined;
            return show();
          default:
            return wish.type satisfies never;
        }
      });
      // The whole folder: a model may name files beside it, and signs in a file's own name may mean something in a glob.
      const watcher = workspace.createFileSystemWatcher(
        new RelativePattern(Uri.file(dirname(uri.fsPath)), '*'),
      );
      const look = (): void => void show();
      watcher.onDidChange(look);
      watcher.onDidCreate(look);
      watcher.onDidDelete(look);
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

async function messageOf(path: string, summaries: ModelSummaries): Promise<ToModelEditor> {
  const file = basename(path);
  try {
    return { type: 'summary', file, summary: await summaries.of(path) };
  } catch (error) {
    const gone = `${path} was deleted or moved away: its tensors are listed again as soon as it is back.`;
    return { type: 'failed', message: existsSync(path) ? (error as Error).message : gone };
  }
}

/** The summary of a file that has not changed is the same one. */
const isSame = (shown: ToModelEditor, message: ToModelEditor): boolean =>
  shown.type === 'summary'
    ? message.type === 'summary' && message.summary === shown.summary
    : message.type === 'failed' && message.message === shown.message;
