/** Surprisal in the editor: each word shaded by the bits that it cost a predictor, each line with its sum at its end. */
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import {
  Hover,
  MarkdownString,
  ProgressLocation,
  Range,
  ThemeColor,
  languages,
  window,
  workspace,
  type DecorationOptions,
  type Disposable,
  type TextDocument,
  type TextEditor,
} from 'vscode';
import type { Jobs } from './jobs';
import { formatBytes, formatCount } from '../runs/units';
import { costsByLine, shadeLimits, shadeOf, type LineCost } from './surprisalLines';

/** Lines above and below the visible ones that are shaded too, so that scrolling shows no bare lines. */
const margin = 60;

/** A file of more bytes would keep the job busy for minutes and tell no more than its first part. */
const mostBytes = 4_000_000;

export interface Surprisal {
  disposables: Disposable[];
  /** Shades the document in front, or takes the shades away. */
  toggle(): Promise<boolean>;
}

export function createSurprisal(jobs: Jobs): Surprisal {
  const shades = shadeLimits.map((_, i) =>
    window.createTextEditorDecorationType({
      backgroundColor: new ThemeColor(`kolmo.surprisal${i + 1}`),
    }),
  );
  const sums = window.createTextEditorDecorationType({
    after: { color: new ThemeColor('editorCodeLens.foreground'), margin: '0 0 0 3em' },
  });
  const shown = new Map<TextDocument, LineCost[]>();

  function draw(editor: TextEditor): void {
    const lines = shown.get(editor.document);
    const words: Range[][] = shadeLimits.map(() => []);
    const ends: DecorationOptions[] = [];
    for (const row of lines ? visibleRows(editor, lines.length) : []) {
      const line = lines![row];
      for (const word of line.words) {
        const shade = shadeOf(word);
        if (shade > 0) words[shade - 1].push(new Range(row, word.start, row, word.end));
      }
      const end = editor.document.lineAt(row).range.end;
      ends.push({
        range: new Range(end, end),
        renderOptions: { after: { contentText: `${formatCount(line.bits)} bits` } },
      });
    }
    shades.forEach((shade, i) => editor.setDecorations(shade, words[i]));
    editor.setDecorations(sums, ends);
  }

  function drawAll(document: TextDocument): void {
    for (const editor of window.visibleTextEditors) if (editor.document === document) draw(editor);
  }

  async function toggle(): Promise<boolean> {
    const document = window.activeTextEditor?.document;
    if (!document || document.uri.scheme !== 'file') {
      void window.showInformationMessage(
        'Surprisal is shown in a text file: open one, then run the command again.',
      );
      return false;
    }
    if (shown.delete(document)) {
      drawAll(document);
      return false;
    }
    if (document.isDirty) {
      void window.showInformationMessage(
        `Save ${basename(document.fileName)} first: surprisal is measured on the file.`,
      );
      return false;
    }
    const bytes = await readFile(document.fileName);
    if (bytes.length > mostBytes) {
      void window.showErrorMessage(
        `${basename(document.fileName)} has ${formatBytes(bytes.length)}; surprisal is shown for at most ${formatBytes(mostBytes)}. Kolmo: Generate Program… works on any size.`,
      );
      return false;
    }
    const costs = (await window.withProgress(
      {
        location: ProgressLocation.Notification,
        title: `Measuring the surprisal of ${basename(document.fileName)}`,
      },
      () => jobs.ask({ type: 'surprisal', file: document.fileName }),
    )) as Float32Array;
    shown.set(document, costsByLine(bytes, costs));
    drawAll(document);
    const bits = costs.reduce((total, cost) => total + cost, 0);
    window.setStatusBarMessage(
      `${basename(document.fileName)}: ${(bits / Math.max(1, bytes.length)).toFixed(2)} bits a byte, ${formatBytes(Math.ceil(bits / 8))} of surprise`,
      15_000,
    );
    return true;
  }

  return {
    toggle,
    disposables: [
      ...shades,
      sums,
      window.onDidChangeTextEditorVisibleRanges(({ textEditor }) => {
        if (shown.has(textEditor.document)) draw(textEditor);
      }),
      window.onDidChangeVisibleTextEditors((editors) => {
        for (const editor of editors) if (shown.has(editor.document)) draw(editor);
      }),
      // What was measured is no longer what stands there.
      workspace.onDidChangeTextDocument(({ document, contentChanges }) => {
        if (contentChanges.length > 0 && shown.delete(document)) drawAll(document);
      }),
      workspace.onDidCloseTextDocument((document) => shown.delete(document)),
      languages.registerHoverProvider(
        { scheme: 'file' },
        {
          provideHover: (document, { line: row, character }) => {
            const line = shown.get(document)?.[row];
            const word = line?.words.find(
              ({ start, end }) => start <= character && character < end,
            );
            if (!line || !word) return undefined;
            const text = `${word.bits.toFixed(1)} bits for ${formatBytes(word.bytes)}: ${(word.bits / word.bytes).toFixed(2)} bits a byte. The line cost ${line.bits.toFixed(1)} bits for ${formatBytes(line.bytes)}.`;
            return new Hover(
              new MarkdownString().appendText(text),
              new Range(row, word.start, row, word.end),
            );
          },
        },
      ),
    ],
  };
}

function visibleRows(editor: TextEditor, count: number): number[] {
  const rows = new Set<number>();
  const last = Math.min(count, editor.document.lineCount) - 1;
  for (const { start, end } of editor.visibleRanges) {
    for (
      let row = Math.max(0, start.line - margin);
      row <= Math.min(last, end.line + margin);
      row++
    ) {
      rows.add(row);
    }
  }
  return [...rows];
}
