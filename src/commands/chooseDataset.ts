/** Asks for a dataset: those of the workspace in a list, and behind them the system's dialogs for a file and for a folder. */
import { readdir } from 'node:fs/promises';
import { basename, join, posix } from 'node:path';
import { QuickPickItemKind, window, workspace, type QuickPickItem } from 'vscode';
import { seemsImageFolder } from '../core/data/imageFiles';
import { excludedGlob, isOwn } from '../views/ownFolders';
import { runsOfWorkspace } from '../views/runFolders';

/** Names of files that are datasets by all appearance; the Explorer's menu says the same in package.json. */
const datasetGlob =
  '**/*{-idx3-ubyte,.idx3-ubyte,-idx3-ubyte.gz,.idx3-ubyte.gz,.csv,.tsv,.tab,.parquet,.jsonl,.ndjson}';

/** Files that are listed at most; nobody reads more. */
const mostFiles = 200;

/** Folders that are looked into at most, and how deep, in search of images. */
const mostFolders = 300;
const deepest = 4;

interface Choice extends QuickPickItem {
  choose?(): Promise<string | undefined>;
}

/** @returns the path of a file or folder, or undefined when the user backed out. */
export async function chooseDataset(): Promise<string | undefined> {
  const chosen = await window.showQuickPick(listChoices(), {
    title: 'Train Model…',
    placeHolder: 'Dataset to train on',
    matchOnDescription: true,
  });
  return chosen?.choose?.();
}

async function listChoices(): Promise<Choice[]> {
  const [files, folders] = await Promise.all([findFiles(), findImageFolders()]);
  const inSight = textInSight();
  const rank = (path: string): number => (path === inSight ? 0 : isTestSet(path) ? 2 : 1);
  const found = [
    ...files.map((path) => ({ path, icon: 'file' })),
    ...folders.map((path) => ({ path, icon: 'folder' })),
  ].sort(
    (a, b) =>
      rank(a.path) - rank(b.path) ||
      depthOf(a.path) - depthOf(b.path) ||
      a.path.localeCompare(b.path),
  );
  return [
    ...found.map(({ path, icon }) => ({
      label: `$(${icon}) ${basename(path)}`,
      description: placeOf(path),
      choose: () => Promise.resolve(path),
    })),
    { label: 'elsewhere', kind: QuickPickItemKind.Separator },
    ...(inSight === undefined || files.includes(inSight)
      ? []
      : [
          {
            label: `$(file) ${basename(inSight)}`,
            detail: 'The file in front, as a text whose next symbol is learned.',
            choose: () => Promise.resolve(inSight),
          },
        ]),
    {
      label: '$(go-to-file) A File…',
      detail: 'A table, IDX images, or a text, whose next symbol is learned.',
      choose: () => dialog({ title: 'File to train on', canSelectFiles: true }),
    },
    {
      label: '$(folder-opened) A Folder of Images…',
      detail: 'PNG, JPEG or BMP, with a folder for each class.',
      choose: () => dialog({ title: 'Folder of images to train on', canSelectFolders: true }),
    },
  ];
}

/** What stands in the editor in front, where it is a file. */
function textInSight(): string | undefined {
  const { scheme, fsPath } = window.activeTextEditor?.document.uri ?? {};
  return scheme === 'file' ? fsPath : undefined;
}

/** Windows and Linux have no dialog in which both a file and a folder can be chosen. */
async function dialog(
  options: { title: string } & ({ canSelectFiles: true } | { canSelectFolders: true }),
): Promise<string | undefined> {
  const chosen = await window.showOpenDialog({
    canSelectFiles: false,
    ...options,
    openLabel: 'Train Model…',
    defaultUri: workspace.workspaceFolders?.[0]?.uri,
  });
  return chosen?.[0]?.fsPath;
}

/** The folder that something lies in, as the Explorer calls it; with several workspace folders, the one it is of too. */
function placeOf(path: string): string {
  const place = posix.dirname(workspace.asRelativePath(path));
  return place === '.' ? '' : place;
}

const depthOf = (path: string): number => path.split(/[\\/]/).length;

/** Images for the test are found beside those for training. */
const isTestSet = (path: string): boolean => /^(t10k|test)\b/i.test(basename(path));

async function findFiles(): Promise<string[]> {
  const runs = runsOfWorkspace();
  const found = await workspace.findFiles(datasetGlob, excludedGlob(runs), mostFiles);
  return found.map(({ fsPath }) => fsPath).filter((path) => !isOwn(path, runs));
}

/** Folders of images, level by level; what lies in one is a part of it. */
async function findImageFolders(): Promise<string[]> {
  const found: string[] = [];
  let level = (workspace.workspaceFolders ?? [])
    .filter(({ uri }) => uri.scheme === 'file')
    .map(({ uri }) => uri.fsPath);
  let seen = 0;
  for (let depth = 0; depth <= deepest && level.length > 0; depth++) {
    const next: string[] = [];
    for (const folder of level) {
      if (++seen > mostFolders) return found;
      // A folder that may not be read holds nothing that could be trained on.
      if (await seemsImageFolder(folder).catch(() => false)) found.push(folder);
      else next.push(...(await foldersIn(folder).catch(() => [])));
    }
    level = next;
  }
  return found;
}

async function foldersIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  return entries
    .filter((entry) => entry.isDirectory() && !/^\.|^node_modules$/.test(entry.name))
    .map(({ name }) => join(folder, name));
}
