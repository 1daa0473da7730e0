/** Pipeline files: Kolmo: Run Pipeline, Kolmo: Save as Pipeline…, tasks of the type `kolmo`, and the lens that runs a file. */
import { readFile, writeFile } from 'node:fs/promises';
import { basename, dirname, extname, join, resolve } from 'node:path';
import {
  CustomExecution,
  EventEmitter,
  Task,
  TaskGroup,
  Uri,
  commands,
  tasks,
  window,
  workspace,
  type Disposable,
  type Pseudoterminal,
  type TaskDefinition,
  type WorkspaceFolder,
} from 'vscode';
import { eventLine } from '../report/eventLine';
import type { StampedEvent } from '../runs/events';
import { readRecord, readState } from '../runs/folder';
import {
  formatPipeline,
  parsePipeline,
  pipelineExtension,
  pipelineOf,
  requestOf,
} from '../runs/pipelineFile';
import { chooseRun } from './chooseRun';
import { sayCompressed } from './compress';
import { targetPath, type House, type Target } from './house';
import { isCompressed } from './resultWords';
import { newRunFolder } from './runFolder';
import { registerRunLens } from './runLens';
import { readSettings } from './settings';

/** What a task or a test may want besides the run. */
export interface PipelineAnswers {
  /** Return when the job has ended instead of when it has started; then a run that failed gives undefined. */
  wait?: boolean;
  onStart?: (run: string) => void;
  onEvents?: (events: StampedEvent[]) => void;
}

const pattern = `**/*${pipelineExtension}`;

/** @returns the folder of the run */
export async function runPipeline(
  house: House,
  target: Target,
  { wait, onStart, onEvents }: PipelineAnswers = {},
): Promise<string | undefined> {
  const file = targetPath(target) ?? (await choosePipeline());
  if (!file) return undefined;
  await workspace.textDocuments.find(({ uri }) => uri.fsPath === file)?.save();
  const pipeline = parsePipeline(await readFile(file, 'utf8'), basename(file));
  const { dataset, architecture = 'auto' } = pipeline;
  const run = await newRunFolder(resolve(dirname(file), dataset), architecture);
  const { threads, engine, modules } = readSettings();
  const request = requestOf(pipeline, { file, run, threads, engine, modules });
  onStart?.(run);
  const ended = house.jobs.run(`Pipeline ${basename(file)}`, run, request, onEvents);
  house.openRun(run);
  const told = ended.then((result) => {
    if (result && isCompressed(result)) sayCompressed(result);
    return result && run;
  });
  return wait ? told : run;
}

/** Writes the pipeline that makes a run's model again, and opens it. */
export async function savePipeline(
  house: House,
  target: Target,
  { file: given }: { file?: string } = {},
): Promise<string | undefined> {
  const run = await chooseRun(house, target, 'Run to save as a pipeline', 'record');
  if (!run) return undefined;
  const record = await readRecord(run);
  const file = given ?? (await askWhere(record.request));
  if (!file) return undefined;
  await writeFile(file, formatPipeline(pipelineOf(record, await readState(run), file)));
  await commands.executeCommand('vscode.open', Uri.file(file));
  return file;
}

async function askWhere(request: { dataset?: string; run: string }): Promise<string | undefined> {
  const dataset = request.dataset ?? request.run;
  const folder = workspace.getWorkspaceFolder(Uri.file(dataset)) ?? workspace.workspaceFolders?.[0];
  const bare = basename(dataset).replace(/\.gz$/i, '');
  const name = `${basename(bare, extname(bare))}${pipelineExtension}`;
  const chosen = await window.showSaveDialog({
    title: 'Save as Pipeline',
    defaultUri: Uri.file(join(folder?.uri.fsPath ?? dirname(dataset), name)),
    filters: { JSON: ['json'] },
  });
  return chosen?.fsPath;
}

async function choosePipeline(): Promise<string | undefined> {
  const open = window.activeTextEditor?.document.uri.fsPath;
  if (open?.endsWith(pipelineExtension)) return open;
  const files = await workspace.findFiles(pattern, '**/{node_modules,.kolmo}/**');
  if (files.length === 0) {
    void window.showInformationMessage(
      'There is no pipeline file (*.kolmo.json) in this workspace yet: Kolmo: Save as Pipeline… writes one from a run.',
    );
    return undefined;
  }
  const chosen = await window.showQuickPick(
    files.map(({ fsPath }) => ({ label: workspace.asRelativePath(fsPath), fsPath })),
    { placeHolder: 'Pipeline to run' },
  );
  return chosen?.fsPath;
}

/** Tasks for every pipeline file, the tasks of tasks.json that name one, and a lens above each. */
export function registerPipelines(house: House): Disposable[] {
  return [
    tasks.registerTaskProvider('kolmo', {
      provideTasks: async () => {
        const files = await workspace.findFiles(pattern, '**/{node_modules,.kolmo}/**');
        return files.flatMap((uri) => {
          const folder = workspace.getWorkspaceFolder(uri);
          if (!folder) return [];
          const file = workspace.asRelativePath(uri, false);
          return [taskOf(house, { type: 'kolmo', file }, folder)];
        });
      },
      // What stands in tasks.json must come back as it is.
      resolveTask: ({ definition, scope }) =>
        scope !== undefined && typeof scope === 'object'
          ? taskOf(house, definition, scope)
          : undefined,
    }),
    registerRunLens(pipelineExtension, {
      title: 'Run Pipeline',
      command: 'kolmo.runPipeline',
      tooltip: 'Train and compress as this file says, in a new run',
    }),
  ];
}

function taskOf(house: House, definition: TaskDefinition, folder: WorkspaceFolder): Task {
  const { file } = definition as TaskDefinition & { file: string };
  const task = new Task(
    definition,
    folder,
    file,
    'kolmo',
    new CustomExecution(() =>
      Promise.resolve(terminalOf(house, Uri.joinPath(folder.uri, file).fsPath)),
    ),
  );
  task.group = TaskGroup.Build;
  task.detail = 'Train and compress as the pipeline file says';
  return task;
}

/** The task's terminal: a line for each stage, and the exit code of the job. Closing it stops the job. */
function terminalOf(house: House, file: string): Pseudoterminal {
  const written = new EventEmitter<string>();
  const closed = new EventEmitter<number>();
  let run: string | undefined;
  let over = false;
  const line = (text: string): void => written.fire(`${text}\r\n`);
  const work = async (): Promise<void> => {
    try {
      const done = await runPipeline(house, file, {
        wait: true,
        onStart: (folder) => line(`Pipeline ${basename(file)}: ${(run = folder)}`),
        onEvents: (events) => events.map(eventLine).forEach((text) => text && line(text)),
      });
      const { message } = run ? await readState(run) : {};
      if (message) line(message);
      else if (run && !done) line('The pipeline did not finish.');
      closed.fire(done ? 0 : 1);
    } catch (error) {
      line((error as Error).message);
      closed.fire(1);
    } finally {
      over = true;
    }
  };
  return {
    onDidWrite: written.event,
    onDidClose: closed.event,
    open: () => void work(),
    close: () => {
      if (run && !over) house.jobs.stop(run);
    },
  };
}
