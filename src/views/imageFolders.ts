/** Tells the menu of the Explorer which folders hold images to learn from: training is offered on no others. */
import { dirname } from 'node:path';
import { commands, window, workspace, type Disposable } from 'vscode';
import { seemsImageFolder } from '../core/data/imageFiles';

/** What package.json calls the paths of these folders. */
const contextKey = 'kolmo.imageFolders';

/** Folders above a new image that it may make a dataset of: its class, its split, and the folder of both. */
const levels = 3;

export function registerImageFolders(): Disposable[] {
  const known = new Set<string>();
  const look = async (folder: string): Promise<void> => {
    if (known.has(folder)) return;
    // Of a file, or a folder that may not be read, nothing is known.
    if (!(await seemsImageFolder(folder).catch(() => false))) return;
    known.add(folder);
    await commands.executeCommand('setContext', contextKey, [...known]);
  };

  /** Folders that got images; unpacking an archive tells of each file, which waits for one look. */
  const grown = new Set<string>();
  let looking: NodeJS.Timeout | undefined;
  const lookAgain = (): void => {
    looking = undefined;
    for (const folder of grown) void look(folder);
    grown.clear();
  };
  const watcher = workspace.createFileSystemWatcher(imageGlob, false, true, true);

  const lookAtRoots = (): void =>
    workspace.workspaceFolders?.forEach(({ uri }) => void look(uri.fsPath));
  lookAtRoots();
  return [
    workspace.onDidChangeWorkspaceFolders(lookAtRoots),
    // The Explorer asks how to show each folder that comes into view, which is before anybody opens its menu.
    window.registerFileDecorationProvider({
      provideFileDecoration(uri) {
        if (uri.scheme === 'file') void look(uri.fsPath);
        return undefined;
      },
    }),
    watcher,
    watcher.onDidCreate(({ fsPath }) => {
      let folder = fsPath;
      for (let level = 0; level < levels; level++) grown.add((folder = dirname(folder)));
      looking ??= setTimeout(lookAgain, 1000);
    }),
    { dispose: () => clearTimeout(looking) },
  ];
}

const imageGlob = '**/*.{png,jpg,jpeg,bmp,PNG,JPG,JPEG,BMP}';
