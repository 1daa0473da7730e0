/** The panel that holds two model files against each other, tensor by tensor. */
import { basename } from 'node:path';
import {
  Uri,
  ViewColumn,
  commands,
  window,
  type ExtensionContext,
  type WebviewPanel,
} from 'vscode';
import type { Jobs } from './jobs';
import { modelEditorType } from './modelEditor';
import type { FromModelDiff, ModelDiffMemory, ToModelDiff } from './panelMessages';
import { webviewOptions, webviewPage } from './webviewPage';

const modelDiffType = 'kolmo.modelDiff';

/** @returns opens a panel for two files, of which the second is measured against the first; the panel of the same two is reused */
export function createModelDiffs(
  context: ExtensionContext,
  jobs: Jobs,
): (a: string, b: string) => void {
  const open = new Map<string, { panel: WebviewPanel; again: () => void }>();
  const keyOf = (files: string[]): string => files.toSorted().join('\0');

  function attach(panel: WebviewPanel, files: [a: string, b: string]): void {
    panel.iconPath = Uri.joinPath(context.extensionUri, 'media', 'kolmo.svg');
    panel.webview.options = webviewOptions(context.extensionUri);
    let [a, b] = files;
    let ready = false;
    let disposed = false;
    let measuring = false;
    let shown: ToModelDiff = { type: 'comparing', a, b };
    const show = (message: ToModelDiff): void => {
      shown = message;
      // Messages to a hidden webview are lost; it says `ready` when it is shown again.
      if (ready && panel.visible) void panel.webview.postMessage(message);
    };
    const measure = async (): Promise<void> => {
      if (measuring) return;
      measuring = true;
      panel.title = titleOf(a, b);
      show({ type: 'comparing', a, b });
      const message = await jobs
        .measure(
          `Comparing ${basename(a)} with ${basename(b)}`,
          { type: 'diff', a, b },
          panel.onDidDispose,
        )
        .then(
          (comparison): ToModelDiff =>
            comparison
              ? { type: 'compared', comparison }
              : { type: 'failed', a, b, message: 'The comparison was cancelled.' },
          ({ message }: Error): ToModelDiff => ({ type: 'failed', a, b, message }),
        );
      measuring = false;
      if (!disposed) show(message);
    };
    panel.webview.onDidReceiveMessage(async (wish: FromModelDiff) => {
      switch (wish.type) {
        case 'ready':
          ready = true;
          return show(shown);
        case 'again':
          return measure();
        case 'swap':
          if (!measuring) [a, b] = [b, a];
          return measure();
        case 'inspect':
          return commands.executeCommand('vscode.openWith', Uri.file(wish.file), modelEditorType);
        default:
          return wish satisfies never;
      }
    });
    const key = keyOf(files);
    open.set(key, { panel, again: () => void measure() });
    panel.onDidDispose(() => {
      disposed = true;
      open.delete(key);
    });
    panel.webview.html = webviewPage(panel.webview, context.extensionUri, {
      bundle: 'diff',
      title: titleOf(a, b),
      data: { kind: 'diff' },
    });
    void measure();
  }

  context.subscriptions.push(
    window.registerWebviewPanelSerializer(modelDiffType, {
      deserializeWebviewPanel: async (panel: WebviewPanel, memory: ModelDiffMemory | undefined) => {
        if (memory?.a && memory.b) attach(panel, [memory.a, memory.b]);
        else panel.dispose();
      },
    }),
  );
  return (a, b) => {
    const known = open.get(keyOf([a, b]));
    if (known) {
      known.panel.reveal();
      known.again();
      return;
    }
    const panel = window.createWebviewPanel(
      modelDiffType,
      titleOf(a, b),
      ViewColumn.Active,
      webviewOptions(context.extensionUri),
    );
    attach(panel, [a, b]);
  };
}

/** As VS Code titles two text files. */
const titleOf = (a: string, b: string): string => `${basename(a)} ↔ ${basename(b)}`;
