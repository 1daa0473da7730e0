/** The run panel: one webview for each run folder, fed from the run's events and restored after a reload. */
import { existsSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename, isAbsolute, join } from 'node:path';
import {
  Uri,
  ViewColumn,
  commands,
  window,
  workspace,
  type ExtensionContext,
  type WebviewPanel,
} from 'vscode';
import type { FromPanel, PanelMemory, RunTitle, ToPanel } from './panelMessages';
import { emptyRun, reduce, type RunState } from '../runs/state';
import { markEnded, markInterrupted } from '../jobs/job';
import { runOwner } from '../runs/lock';
import { followRun } from './followRun';
import type { Jobs } from './jobs';
import { runName } from './runFacts';
import { readRunTitle } from './runFolders';
import { pointName } from './sweepResults';
import { webviewOptions, webviewPage } from './webviewPage';

const runPanelType = 'kolmo.run';

export interface RunPanels {
  /** Opens or reveals the panel of a run folder. */
  open(folder: string): void;
  /** The run whose panel is in front, for commands that were given no run. */
  active(): string | undefined;
}

export function createRunPanels(context: ExtensionContext, jobs: Jobs): RunPanels {
  const panels = new Map<string, WebviewPanel>();

  function attach(panel: WebviewPanel, folder: string): void {
    panels.set(folder, panel);
    panel.iconPath = Uri.joinPath(context.extensionUri, 'media', 'kolmo.svg');
    panel.webview.options = webviewOptions(context.extensionUri, [
      Uri.file(join(folder, 'samples')),
    ]);
    const files = panel.webview.asWebviewUri(Uri.file(folder)).toString();
    let state: RunState = emptyRun;
    let ready = false;
    let titled = false;
    const post = (message: ToPanel): void => void panel.webview.postMessage(message);
    const readTitle = async (): Promise<RunTitle> => {
      const { known, ...title } = await readRunTitle(folder);
      titled = known;
      return { ...title, files };
    };
    const postState = async (): Promise<void> => {
      const title = await readTitle();
      ready = true;
      post({ type: 'state', title, trusted: workspace.isTrusted, state });
    };
    const follower = followRun(folder, {
      onEvents: (events) => {
        state = events.reduce(reduce, state);
        // Messages to a hidden webview are lost; it says `ready` when it is shown again.
        if (!ready || !panel.visible) return;
        post({ type: 'events', events });
        // A panel opens before the job has written run.json.
        if (!titled) void readTitle().then((title) => post({ type: 'title', title }));
      },
      onRestart: () => {
        state = existsSync(folder) ? emptyRun : goneRun(folder);
        if (ready) void postState();
      },
      onQuiet: () => {
        if (!workspace.isTrusted || runOwner(folder) !== undefined) return;
        // The job died without a word, as when the machine was switched off.
        if (state.status === 'running' && state.startedAt !== undefined) {
          markInterrupted(folder, 'The job process is gone.');
        }
        const analysis = state.analysis.running?.analysis;
        if (analysis) {
          markEnded(folder, { type: 'analysed', analysis, message: 'The job process is gone.' });
        }
      },
      onFault: ({ message }) => void window.showErrorMessage(message),
    });
    const trust = workspace.onDidGrantWorkspaceTrust(() => void postState());
    panel.webview.onDidReceiveMessage((wish: FromPanel) => {
      if (wish.type === 'ready') return postState();
      return obey(wish, folder, state);
    });
    panel.onDidDispose(() => {
      follower.dispose();
      trust.dispose();
      panels.delete(folder);
    });
    panel.webview.html = webviewPage(panel.webview, context.extensionUri, {
      bundle: 'panel',
      title: basename(folder),
      data: { kind: 'run', run: folder },
    });
  }

  context.subscriptions.push(
    jobs.onDidChange(({ folder }) => {
      // Of a run that could not even make its folder there is nothing to show but the message.
      if (!jobs.running().includes(folder) && !existsSync(folder)) panels.get(folder)?.dispose();
    }),
    window.registerWebviewPanelSerializer(runPanelType, {
      deserializeWebviewPanel: async (panel: WebviewPanel, memory: PanelMemory | undefined) => {
        const exists = memory?.run && (await stat(memory.run).catch(() => undefined));
        if (exists) attach(panel, memory.run);
        else panel.dispose();
      },
    }),
  );

  return {
    open: (folder) => {
      const existing = panels.get(folder);
      if (existing) {
        existing.reveal();
        return;
      }
      attach(
        window.createWebviewPanel(
          runPanelType,
          `Run: ${pointName(folder) ?? runName(folder)}`,
          ViewColumn.Active,
          webviewOptions(context.extensionUri),
        ),
        folder,
      );
    },
    active: () => [...panels].find(([, panel]) => panel.active)?.[0],
  };
}

/** Nothing runs where the folder was taken away. */
const goneRun = (folder: string): RunState => ({
  ...emptyRun,
  status: 'interrupted',
  message: `${folder} is gone: it was moved or deleted while this panel was open. Close the panel; Kolmo: Open Run… lists the runs that there are.`,
});

async function obey(
  wish: Exclude<FromPanel, { type: 'ready' }>,
  folder: string,
  state: RunState,
): Promise<void> {
  switch (wish.type) {
    case 'stop':
    case 'resume':
    case 'compress':
    case 'pass':
    case 'program':
    case 'verify':
    case 'report':
    case 'tensorboard':
    case 'savePipeline':
      await commands.executeCommand(`kolmo.${wish.type}`, folder);
      break;
    case 'trust':
      await commands.executeCommand('workbench.trust.manage');
      break;
    case 'analyse':
      await commands.executeCommand('kolmo.analyse', folder, { analysis: wish.analysis });
      break;
    case 'runPass': {
      const { pass, value, options } = wish;
      const answers = { values: { [pass]: value }, options: { [pass]: options } };
      await commands.executeCommand(`kolmo.${pass}`, folder, answers);
      break;
    }
    case 'open': {
      const artifact = state.stages[wish.stage]?.result?.artifact;
      if (artifact) await openArtifact(isAbsolute(artifact) ? artifact : join(folder, artifact));
      break;
    }
    default:
      wish satisfies never;
  }
}

/** Opens what VS Code can show, and shows the rest in the Explorer. */
async function openArtifact(file: string): Promise<void> {
  const uri = Uri.file(file);
  const found = await stat(file).catch(() => undefined);
  if (!found) {
    void window.showErrorMessage(
      `${file} is gone: it was moved or deleted after this stage. Run the stage again to write it.`,
    );
    return;
  }
  if (found.isDirectory()) await commands.executeCommand('revealInExplorer', uri);
  else await commands.executeCommand('vscode.open', uri, { preview: true });
}
