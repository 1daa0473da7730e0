/** The Models view of the activity bar: the runs of the workspace with their results, and its model files with their sizes. */
import { basename } from 'node:path';
import {
  EventEmitter,
  ThemeColor,
  ThemeIcon,
  TreeItem,
  TreeItemCollapsibleState,
  Uri,
  window,
  workspace,
  type Disposable,
  type TreeDataProvider,
} from 'vscode';
import type { Jobs } from './jobs';
import { canResume, onlyProgram, type RunState, type RunStatus } from '../runs/state';
import { statusLooks } from '../runs/status';
import { formatShortBytes } from '../runs/units';
import type { ModelSummaries } from './modelSummaries';
import { runFacts, runName, runTime } from './runFacts';
import { summaryLine } from './summaryWords';
import { findModelFiles } from './modelFiles';
import { listRunFolders, readRunOutline, rootOf } from './runFolders';

export type ModelsNode =
  | { type: 'runs' | 'files'; isEmpty: boolean }
  | { type: 'run'; folder: string }
  | { type: 'file'; fsPath: string };

export function registerModelsTree(
  jobs: Jobs,
  summaries: ModelSummaries,
  extensions: string[],
): Disposable[] {
  const changed = new EventEmitter<ModelsNode | undefined>();
  const provider: TreeDataProvider<ModelsNode> = {
    onDidChangeTreeData: changed.event,
    getChildren: async (node) => {
      switch (node?.type) {
        case undefined: {
          const [runs, files] = await Promise.all([listRunFolders(), findModelFiles(extensions)]);
          // Two empty groups would hide the welcome text, which says how to begin.
          if (runs.length + files.length === 0) return [];
          return [
            { type: 'runs', isEmpty: runs.length === 0 },
            { type: 'files', isEmpty: files.length === 0 },
          ];
        }
        case 'runs':
          return (await listRunFolders()).map((folder) => ({ type: 'run', folder }));
        case 'files':
          return (await findModelFiles(extensions)).map(({ fsPath }) => ({ type: 'file', fsPath }));
        case 'run':
        case 'file':
          return [];
        default:
          return node satisfies never;
      }
    },
    getTreeItem: (node) => {
      switch (node.type) {
        case 'runs':
          return groupItem('Runs', node.isEmpty && 'none yet: right-click a dataset');
        case 'files':
          return groupItem('Model Files', node.isEmpty && 'none in this workspace');
        case 'run':
          return runItem(node.folder, jobs.running().includes(node.folder));
        case 'file':
          return fileItem(node.fsPath, summaries);
        default:
          return node satisfies never;
      }
    },
  };
  const watchers = [
    workspace.createFileSystemWatcher(`**/*{${extensions.join(',')}}`, false, true, false),
    workspace.createFileSystemWatcher('**/run.json', false, true, false),
  ];
  const refresh = (): void => changed.fire(undefined);
  let busy = new Set<string>();
  return [
    window.createTreeView('kolmo.models', {
      treeDataProvider: provider,
      showCollapseAll: true,
      // Several runs can be compared.
      canSelectMany: true,
    }),
    changed,
    ...watchers,
    ...watchers.flatMap((watcher) => [watcher.onDidCreate(refresh), watcher.onDidDelete(refresh)]),
    workspace.onDidChangeWorkspaceFolders(refresh),
    workspace.onDidChangeConfiguration((event) => {
      if (event.affectsConfiguration('kolmo.runsFolder')) refresh();
    }),
    jobs.onDidChange(() => {
      const now = new Set(jobs.running());
      // Progress alone changes nothing that the tree shows.
      if (now.size === busy.size && [...now].every((folder) => busy.has(folder))) return;
      busy = now;
      refresh();
    }),
  ];
}

/** @param emptiness what is said of a group without anything in it */
function groupItem(title: string, emptiness: string | false): TreeItem {
  const { Expanded, None } = TreeItemCollapsibleState;
  const item = new TreeItem(title, emptiness ? None : Expanded);
  // An item that is known without children would stay folded when it gets some.
  item.id = `${title}, ${emptiness ? 'empty' : 'filled'}`;
  if (emptiness) item.description = item.tooltip = emptiness;
  return item;
}

async function runItem(folder: string, running: boolean): Promise<TreeItem> {
  const state = await readRunOutline(folder);
  const status: RunStatus = running ? 'running' : state.status;
  const item = new TreeItem(runName(folder));
  const facts = joined(runFacts({ ...state, status }), runTime(folder));
  const root = rootOf(folder);
  // The icon says that a run has finished; there is little room.
  item.description = joined(root, facts.replace(/^finished, /, ''));
  item.tooltip = [folder, facts, state.message].filter(Boolean).join('\n');
  // The tooltip, which would be read instead, begins with the path.
  item.accessibilityInformation = { label: joined(runName(folder), root, facts) };
  const { icon, color } = statusLooks[status];
  item.iconPath = new ThemeIcon(running ? `${icon}~spin` : icon, new ThemeColor(color));
  // A menu offers only what the run can do.
  item.contextValue = contextOf({ ...state, status });
  item.resourceUri = Uri.file(folder).with({ scheme: 'kolmo-run' });
  item.command = {
    command: 'kolmo.openRun',
    title: 'Open Run',
    arguments: [{ type: 'run', folder }],
  };
  return item;
}

const joined = (...parts: string[]): string => parts.filter(Boolean).join(', ');

function contextOf(state: RunState): string {
  if (onlyProgram(state) && state.status !== 'running') return 'program';
  if (state.status === 'running' || !state.chain.includes('train')) return `run.${state.status}`;
  // What was stopped after the training has left its model as it was, and what finished has not ended a training that was stopped.
  return canResume(state) ? 'run.stopped' : 'run.finished';
}

async function fileItem(fsPath: string, summaries: ModelSummaries): Promise<TreeItem> {
  const item = new TreeItem(Uri.file(fsPath));
  const summary = await summaries.of(fsPath).catch((error: Error) => error);
  const isRead = !(summary instanceof Error);
  item.description = [
    workspace.asRelativePath(fsPath).slice(0, -basename(fsPath).length - 1),
    isRead ? formatShortBytes(summary.bytes) : 'cannot be read',
  ]
    .filter(Boolean)
    .join(', ');
  const facts = isRead ? summaryLine(summary) : summary.message;
  item.tooltip = `${fsPath}\n${facts}`;
  item.accessibilityInformation = { label: isRead ? `${basename(fsPath)}, ${facts}` : facts };
  item.iconPath = new ThemeIcon(isRead ? 'file-binary' : 'warning');
  item.contextValue = 'modelFile';
  item.command = { command: 'kolmo.inspect', title: 'Inspect Model File', arguments: [{ fsPath }] };
  return item;
}
