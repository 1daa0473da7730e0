/** Entry of the extension: the command table, the views and providers; it computes nothing and loads no native library. */
import { Uri, commands, window, type ExtensionContext } from 'vscode';
import { analyse } from './commands/analyse';
import { compareRuns } from './commands/compare';
import { compareModels } from './commands/compareModels';
import { choosePass, compress, passCommand } from './commands/compress';
import { followEarlierJobs } from './commands/earlierJobs';
import { targetPath, type House, type Target } from './commands/house';
import { inspect } from './commands/inspect';
import { createJobs, mayRunJobs } from './views/jobs';
import { program, verify } from './commands/program';
import { registerPipelines, runPipeline, savePipeline } from './commands/pipeline';
import { openRun, openTensorBoard, resumeRun, showReport, stopRun } from './commands/runs';
import { registerSweeps, sweep } from './commands/sweep';
import { train } from './commands/train';
import { passDescriptions } from './core/compress/descriptions';
import { extensions } from './core/formats/formats';
import { allBytes } from './core/formats/summary';
import { createComparison } from './views/comparePanel';
import { registerImageFolders } from './views/imageFolders';
import { registerInlineSizes } from './views/inlineSizes';
import { createModelDiffs } from './views/modelDiff';
import { registerModelEditor } from './views/modelEditor';
import { createModelSummaries } from './views/modelSummaries';
import { registerModelsTree, type ModelsNode } from './views/modelsTree';
import { createRunPanels } from './views/runPanel';
import { registerStatusBar } from './views/statusBar';
import { createSurprisal } from './views/surprisal';
import { registerSweepEditor } from './views/sweepEditor';
import { createTensorBoards } from './views/tensorboard';

type Command = (house: House, target: Target, answers?: never) => Promise<unknown>;

/** Commands that run jobs, for which the workspace has to be trusted. */
const jobCommands: Record<string, Command> = {
  train,
  compress,
  pass: choosePass,
  ...Object.fromEntries(
    Object.values(passDescriptions).map(({ name }) => [name, passCommand(name)]),
  ),
  program,
  verify,
  analyse,
  sweep,
  runPipeline,
  resume: resumeRun,
};

/** Names without the prefix `kolmo.`; package.json holds the titles. */
const commandTable: Record<string, Command> = {
  ...jobCommands,
  savePipeline,
  openRun,
  stop: stopRun,
  report: showReport,
  tensorboard: openTensorBoard,
  compare: compareRuns,
  inspect,
  compareModels,
  compareModelWith: compareModels,
  surprisal: (house, target) => house.toggleSurprisal(targetPath(target)),
  surprisalRegions: (house) => house.listRegions(),
};

export function activate(context: ExtensionContext): void {
  const log = window.createOutputChannel('Kolmo', { log: true });
  const jobs = createJobs(Uri.joinPath(context.extensionUri, 'dist', 'worker.js').fsPath);
  const panels = createRunPanels(context, jobs);
  const summaries = createModelSummaries(jobs);
  const surprisal = createSurprisal(jobs, context.extensionUri);
  const boards = createTensorBoards();
  const house: House = {
    jobs,
    log,
    openRun: panels.open,
    activeRun: panels.active,
    compareRuns: createComparison(context),
    compareModels: createModelDiffs(context, jobs),
    modelBytes: async (file) => allBytes(await summaries.of(file)),
    openTensorBoard: boards.open,
    toggleSurprisal: surprisal.toggle,
    listRegions: surprisal.listRegions,
  };

  context.subscriptions.push(
    log,
    jobs,
    boards,
    ...Object.entries(commandTable).map(([name, run]) =>
      commands.registerCommand(`kolmo.${name}`, async (target: Target, answers: unknown) => {
        try {
          // Before anything is asked in vain.
          if (name in jobCommands && !(await mayRunJobs())) return undefined;
          return await run(house, target, answersOf(answers));
        } catch (error) {
          log.error(error as Error);
          void window.showErrorMessage((error as Error).message);
          return undefined;
        }
      }),
    ),
    registerModelEditor(context.extensionUri, summaries),
    registerSweepEditor(context.extensionUri),
    ...registerInlineSizes(summaries, extensions()),
    ...registerImageFolders(),
    ...registerModelsTree(jobs, summaries, extensions()),
    ...registerStatusBar(jobs),
    followEarlierJobs(house),
    ...registerPipelines(house),
    registerSweeps(),
    ...surprisal.disposables,
  );
}

/** Explorer and Models view hand their whole selection as a second argument: several runs or files in it are the only answers there. */
function answersOf(second: unknown): never | undefined {
  if (!Array.isArray(second)) {
    return (typeof second === 'object' ? second : undefined) as never | undefined;
  }
  const chosen = second as Partial<ModelsNode & { folder: string; fsPath: string }>[];
  const runs = chosen.flatMap(({ type, folder }) => (type === 'run' && folder ? [folder] : []));
  const files = chosen.flatMap(({ fsPath }) => (fsPath ? [fsPath] : []));
  const answers = runs.length > 0 ? { runs } : files.length > 1 ? { files } : undefined;
  return answers as never | undefined;
}
