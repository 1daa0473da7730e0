/** Sizes where model files are seen: badges in the Explorer, lenses and hovers at paths in code. */
import { stat } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join } from 'node:path';
import {
  CodeLens,
  EventEmitter,
  FileDecoration,
  Hover,
  MarkdownString,
  Range,
  Uri,
  languages,
  window,
  workspace,
  type Disposable,
  type TextDocument,
} from 'vscode';
import { findModelPaths } from '../core/formats/paths';
import type { ModelSummaries } from './modelSummaries';
import { badge, biggestTensors, sizeLine } from './summaryWords';

const languagesWithPaths = [
  'python',
  'javascript',
  'javascriptreact',
  'typescript',
  'typescriptreact',
  'json',
  'jsonc',
].flatMap((language) => ['file', 'vscode-remote'].map((scheme) => ({ language, scheme })));

/** Longer documents are data, not code; a scan of them would cost more than it tells. */
const longestDocument = 500_000;

const enabled = (): boolean =>
  workspace.getConfiguration('kolmo').get<boolean>('inlineSizes', true);

/** @param extensions lower-case, with the dot: the rows of the formats table. */
export function registerInlineSizes(summaries: ModelSummaries, extensions: string[]): Disposable[] {
  const changed = new EventEmitter<Uri | Uri[] | undefined>();
  const isModel = (path: string): boolean =>
    extensions.some((extension) => path.toLowerCase().endsWith(extension));
  const lensesChanged = new EventEmitter<void>();
  const watcher = workspace.createFileSystemWatcher(`**/*{${extensions.join(',')}}`);
  const refresh = (uri: Uri): void => {
    changed.fire(uri);
    lensesChanged.fire();
  };

  return [
    changed,
    lensesChanged,
    watcher,
    watcher.onDidChange(refresh),
    watcher.onDidCreate(refresh),
    watcher.onDidDelete(refresh),
    workspace.onDidChangeConfiguration((event) => {
      if (!event.affectsConfiguration('kolmo.inlineSizes')) return;
      changed.fire(undefined);
      lensesChanged.fire();
    }),
    window.registerFileDecorationProvider({
      onDidChangeFileDecorations: changed.event,
      provideFileDecoration: async (uri) => {
        if (uri.scheme !== 'file' || !enabled() || !isModel(uri.fsPath)) return undefined;
        const summary = await summaries.of(uri.fsPath).catch(() => undefined);
        // Bits a parameter, of which there is none, say nothing.
        if (!summary?.parameters) return undefined;
        return new FileDecoration(badge(summary), sizeLine(summary));
      },
    }),
    languages.registerCodeLensProvider(languagesWithPaths, {
      onDidChangeCodeLenses: lensesChanged.event,
      provideCodeLenses: async (document) => {
        if (!enabled()) return [];
        const found = await modelsIn(document);
        const lenses = await Promise.all(
          found.map(async ({ range, file }) => {
            const summary = await summaries.of(file).catch(() => undefined);
            if (!summary) return [];
            return [
              new CodeLens(range, {
                title: `${basename(file)}: ${sizeLine(summary)}`,
                command: 'kolmo.inspect',
                arguments: [Uri.file(file)],
                tooltip: 'Show every tensor and its bytes',
              }),
            ];
          }),
        );
        return lenses.flat();
      },
    }),
    languages.registerHoverProvider(languagesWithPaths, {
      provideHover: async (document, position) => {
        if (!enabled()) return undefined;
        const found = (await modelsIn(document)).find(({ range }) => range.contains(position));
        if (!found) return undefined;
        try {
          const summary = await summaries.of(found.file);
          const text = `**${summary.format}**, ${sizeLine(summary)}\n\n${biggestTensors(summary)}`;
          return new Hover(new MarkdownString(text), found.range);
        } catch (error) {
          return new Hover(new MarkdownString().appendText((error as Error).message), found.range);
        }
      },
    }),
  ];
}

/** Paths in the document that lead to a file, seen from the document or from a workspace folder. */
async function modelsIn(document: TextDocument): Promise<{ range: Range; file: string }[]> {
  const text = document.getText();
  if (text.length > longestDocument) return [];
  const found = await Promise.all(
    findModelPaths(text).map(async ({ path, line, start, end }) => {
      const file = await existing(path, document);
      return file ? [{ range: new Range(line, start, line, end), file }] : [];
    }),
  );
  return found.flat();
}

async function existing(path: string, document: TextDocument): Promise<string | undefined> {
  const bases = isAbsolute(path)
    ? ['']
    : [
        dirname(document.uri.fsPath),
        ...(workspace.workspaceFolders ?? []).map(({ uri }) => uri.fsPath),
      ];
  for (const base of bases) {
    const file = join(base, path);
    if (
      await stat(file).then(
        (found) => found.isFile(),
        () => false,
      )
    )
      return file;
  }
  return undefined;
}
