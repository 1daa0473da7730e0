/** The panel that lays several runs side by side; it follows each of them while it is open. */
import {
  Uri,
  ViewColumn,
  window,
  type Disposable,
  type ExtensionContext,
  type WebviewPanel,
} from 'vscode';
import type { ComparedRun } from '../report/compare';
import { readRecord } from '../runs/folder';
import type { ComparisonMemory, FromComparison, ToComparison } from './panelMessages';
import { emptyRun, reduce } from '../runs/state';
import { followRun } from './followRun';
import { distinctNames } from './runFacts';
import { rootOf } from './runFolders';
import { webviewOptions, webviewPage } from './webviewPage';

const comparePanelType = 'kolmo.compare';

/** @returns opens a panel for the given run folders */
export function createComparison(context: ExtensionContext): (folders: string[]) => Promise<void> {
  function attach(panel: WebviewPanel, folders: string[], runs: ComparedRun[]): void {
    panel.iconPath = Uri.joinPath(context.extensionUri, 'media', 'kolmo.svg');
    panel.webview.options = webviewOptions(context.extensionUri);
    let ready = false;
    const post = (message: ToComparison): void => void panel.webview.postMessage(message);
    const postRuns = (): void => post({ type: 'runs', folders, runs });
    const followers = folders.map((folder, run): Disposable =>
      followRun(folder, {
        onEvents: (events) => {
          runs[run].state = events.reduce(reduce, runs[run].state);
          // Messages to a hidden webview are lost; it says `ready` when it is shown again.
          if (ready && panel.visible) post({ type: 'events', run, events });
        },
        onRestart: () => {
          runs[run].state = emptyRun;
          if (ready) postRuns();
        },
        onQuiet: () => {},
        onFault: ({ message }) => void window.showErrorMessage(message),
      }),
    );
    panel.webview.onDidReceiveMessage((wish: FromComparison) => {
      switch (wish.type) {
        case 'ready':
          ready = true;
          postRuns();
          break;
        default:
          wish.type satisfies never;
      }
    });
    panel.onDidDispose(() => followers.forEach((follower) => follower.dispose()));
    panel.webview.html = webviewPage(panel.webview, context.extensionUri, {
      bundle: 'compare',
      title: 'Compare Runs',
      data: { kind: 'compare' },
    });
  }

  context.subscriptions.push(
    window.registerWebviewPanelSerializer(comparePanelType, {
      deserializeWebviewPanel: async (
        panel: WebviewPanel,
        memory: ComparisonMemory | undefined,
      ) => {
        const folders = memory?.runs ?? [];
        // A run that is gone takes its comparison with it.
        const runs = await readRuns(folders).catch(() => []);
        if (runs.length > 0) attach(panel, folders, runs);
        else panel.dispose();
      },
    }),
  );
  return async (folders) => {
    // A folder that is no run leaves no empty panel.
    const runs = await readRuns(folders);
    const panel = window.createWebviewPanel(
      comparePanelType,
      'Compare Runs',
      ViewColumn.Active,
      webviewOptions(context.extensionUri),
    );
    attach(panel, folders, runs);
  };
}

function readRuns(folders: string[]): Promise<ComparedRun[]> {
  const names = distinctNames(folders, rootOf);
  return Promise.all(
    folders.map(async (folder, i): Promise<ComparedRun> => ({
      name: names[i],
      record: await readRecord(folder),
      state: emptyRun,
    })),
  );
}
