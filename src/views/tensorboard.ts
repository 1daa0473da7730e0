/** Shows a run in TensorBoard: one server for each run, ended with the window. */
import { stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import {
  ProgressLocation,
  Uri,
  commands,
  env,
  extensions,
  window,
  workspace,
  type Disposable,
} from 'vscode';
import { startTensorBoard, type TensorBoardServer } from '../jobs/tensorboardServer';

export interface TensorBoards extends Disposable {
  /** Serves the run's event files and opens them; gives the address. Throws a KolmoError where TensorBoard is not installed. */
  open(run: string): Promise<string | undefined>;
}

export function createTensorBoards(): TensorBoards {
  const servers = new Map<string, Promise<TensorBoardServer>>();

  function serverOf(run: string, folder: string): Promise<TensorBoardServer> {
    const running = servers.get(run);
    if (running) return running;
    const starting = findPythons().then((pythons) => startTensorBoard(folder, pythons));
    servers.set(run, starting);
    const forget = (): void => void servers.delete(run);
    starting.then(({ ended }) => ended.then(forget), forget);
    return starting;
  }

  return {
    async open(run) {
      if (!workspace.isTrusted) {
        void window.showErrorMessage(
          'TensorBoard is started by the Python of this workspace, which is not trusted. Looking at the run in its panel works without trust.',
        );
        return undefined;
      }
      const folder = join(run, 'tensorboard');
      if (!(await stat(folder).catch(() => undefined))) {
        void window.showErrorMessage(
          `${basename(run)} holds no TensorBoard files: a run writes them while it trains, so train it again or wait for its first points.`,
        );
        return undefined;
      }
      const { url } = await window.withProgress(
        { location: ProgressLocation.Notification, title: 'Starting TensorBoard' },
        () => serverOf(run, folder),
      );
      // Where VS Code runs elsewhere than its window, the port is forwarded.
      const address = (await env.asExternalUri(Uri.parse(url))).toString(true);
      await commands
        .executeCommand('simpleBrowser.show', address)
        .then(undefined, () => env.openExternal(Uri.parse(address)));
      return address;
    },
    dispose: () => {
      for (const starting of servers.values()) {
        starting.then(
          (server) => server.stop(),
          () => undefined, // never started
        );
      }
    },
  };
}

/** The part of the Python extension's interface that says which interpreter the user has chosen. */
interface PythonExtension {
  environments?: { getActiveEnvironmentPath(resource?: Uri): { path: string } };
}

/** The interpreter chosen in the Python extension, that of its setting, and what the PATH has. */
async function findPythons(): Promise<string[]> {
  const [folder] = workspace.workspaceFolders ?? [];
  const python = extensions.getExtension<PythonExtension>('ms-python.python');
  const chosen = (await python?.activate())?.environments?.getActiveEnvironmentPath(folder?.uri);
  const setting = workspace
    .getConfiguration('python', folder?.uri)
    .get<string>('defaultInterpreterPath', '')
    .replaceAll('${workspaceFolder}', folder?.uri.fsPath ?? '');
  const paths = [chosen?.path ?? '', setting, 'python3', 'python'];
  return [...new Set(paths.filter((path) => path !== ''))];
}
