/** Surprisal in the editor: each word shaded by the bits that it cost a predictor, each line with its sum at its end. */
import { basename } from 'node:path';
import {
  Hover,
  MarkdownString,
  Range,
  StatusBarAlignment,
  ThemeColor,
  Uri,
  commands,
  languages,
  window,
  workspace,
  type DecorationOptions,
  type Disposable,
  type TextDocument,
  type TextEditor,
} from 'vscode';
import { shadeLimits, shadeOf, type WordCost } from '../core/program/costs/lines';
import { KolmoError } from '../core/error';
import { escapeMarkdown } from '../report/markdown';
import { holdsImages } from '../jobs/measurable';
import type { SurprisalMeasure } from '../jobs/surprisal';
import { formatBits, formatBytes } from '../runs/units';
import type { Jobs } from './jobs';
import { createSurprisalPanels } from './surprisalPanel';
import { chooseRegion } from './surprisalRegions';
import { measureDocument, type ShownSurprisal } from './surprisalMeasure';
import { shadedStretches, type Line } from './surprisalWords';

/** Of images so many samples are measured, or fewer where they are large; they cost some seconds. */
const most = { samples: 300, limit: 1 << 20 };

export interface Surprisal {
  disposables: Disposable[];
  /**
   * Shades a file, or the document in front, or takes the shades away; of a file or folder of images it opens the heat maps.
   * Gives whether surprisal is shown then.
   */
  toggle(file?: string): Promise<boolean>;
  /** Lists the dearest and the cheapest regions of the document in front and goes to the chosen one. */
  listRegions(): Promise<void>;
}

export function createSurprisal(jobs: Jobs, extension: Uri): Surprisal {
  const showSamples = createSurprisalPanels(extension);
  const shades = shadeLimits.map((_, i) =>
    window.createTextEditorDecorationType({
      backgroundColor: new ThemeColor(`kolmo.surprisal${i + 1}`),
      // A theme's green or blue would be too faint on the dear shades.
      color: new ThemeColor('editor.foreground'),
    }),
  );
  const sums = window.createTextEditorDecorationType({
    // Slanted, since in some themes it has the colour of the text.
    after: {
      color: new ThemeColor('descriptionForeground'),
      fontStyle: 'italic',
      margin: '0 0 0 3em',
    },
  });
  const status = window.createStatusBarItem('kolmo.surprisal', StatusBarAlignment.Right, 90);
  status.name = 'Kolmo Surprisal';
  status.command = 'kolmo.surprisalRegions';
  const shown = new Map<TextDocument, ShownSurprisal>();

  function draw(editor: TextEditor): void {
    const found = shown.get(editor.document);
    const { words, ends } = found ? decorationsOf(editor, found) : bare;
    shades.forEach((shade, i) => editor.setDecorations(shade, words[i]));
    editor.setDecorations(sums, ends);
  }

  function drawAll(document: TextDocument): void {
    for (const editor of window.visibleTextEditors) if (editor.document === document) draw(editor);
    tell();
  }

  /** The status bar and the commands' conditions follow the editor in front. */
  function tell(): void {
    const document = window.activeTextEditor?.document;
    const found = document && shown.get(document);
    void commands.executeCommand('setContext', 'kolmo.surprisalShown', found !== undefined);
    if (!found) {
      status.hide();
      return;
    }
    const { bits } = found;
    const { data, size } = found.measure;
    const part = data.length < size ? `, of its first ${formatBytes(data.length)}` : '';
    status.text = `$(flame) ${(bits / Math.max(1, data.length)).toFixed(2)} bits a byte`;
    status.tooltip = `${formatBytes(Math.ceil(bits / 8))} of surprise in ${formatBytes(data.length)}${part}: list the dearest and the cheapest regions`;
    status.show();
  }

  function hide(document: TextDocument): boolean {
    const wasShown = shown.delete(document);
    if (wasShown) drawAll(document);
    return wasShown;
  }

  async function showHeatMaps(file: string): Promise<boolean> {
    const measure = await jobs.measure(`Measuring the surprisal of ${basename(file)}`, {
      type: 'surprisal',
      file,
      ...most,
    });
    if (!measure) return false;
    showSamples(measure);
    return true;
  }

  async function toggle(file?: string): Promise<boolean> {
    if (file && (await holdsImages(file))) return showHeatMaps(file);
    const inSight = file === undefined || window.visibleTextEditors.some(shows(file));
    if (file) await openAsText(file);
    const document = window.activeTextEditor?.document;
    if (!document || document.uri.scheme !== 'file') {
      void window.showInformationMessage(
        'Surprisal is shown in a text file: open one, then run the command again.',
      );
      return false;
    }
    // Nobody asks to hide what is not seen.
    if (!inSight && shown.has(document)) return true;
    if (hide(document)) return false;
    const measured = await measureDocument(document, jobs);
    if (!measured) return false;
    shown.set(document, measured);
    drawAll(document);
    return true;
  }

  return {
    toggle,
    async listRegions() {
      const editor = window.activeTextEditor;
      const found = editor && shown.get(editor.document);
      if (found) await chooseRegion(editor, found.measure, found.words);
      else {
        void window.showInformationMessage(
          'No surprisal is shown here: run Kolmo: Show or Hide Surprisal first.',
        );
      }
    },
    disposables: [
      ...shades,
      sums,
      status,
      window.onDidChangeActiveTextEditor(tell),
      window.onDidChangeTextEditorVisibleRanges(({ textEditor }) => {
        if (shown.has(textEditor.document)) draw(textEditor);
      }),
      window.onDidChangeVisibleTextEditors((editors) => {
        for (const editor of editors) if (shown.has(editor.document)) draw(editor);
      }),
      // What was measured is no longer what stands there.
      workspace.onDidChangeTextDocument(({ document, contentChanges }) => {
        if (contentChanges.length > 0) hide(document);
      }),
      workspace.onDidCloseTextDocument((document) => shown.delete(document)),
      languages.registerHoverProvider(
        { scheme: 'file' },
        {
          provideHover: (document, { line: row, character }) => {
            const found = shown.get(document);
            if (!found || row >= found.measure.partition.starts.length) return undefined;
            const { measure, words } = found;
            const [word] = words.within({ row, start: character, end: character + 1 });
            if (!word) return undefined;
            const text = hoverText(word, words.line(row), measure);
            return new Hover(new MarkdownString(text), new Range(row, word.start, row, word.end));
          },
        },
      ),
    ],
  };
}

const bare: Decorations = { words: shadeLimits.map(() => []), ends: [] };

interface Decorations {
  /** The words in sight that get each shade. */
  words: Range[][];
  /** What the lines in sight cost, at their ends. */
  ends: DecorationOptions[];
}

function decorationsOf(
  { document, visibleRanges }: TextEditor,
  { measure, words: all }: ShownSurprisal,
): Decorations {
  const words: Range[][] = shadeLimits.map(() => []);
  const ends: DecorationOptions[] = [];
  const rows = Math.min(measure.partition.starts.length, document.lineCount);
  const lengthOf = (row: number): number => document.lineAt(row).range.end.character;
  for (const stretch of shadedStretches(visibleRanges, rows, lengthOf)) {
    const { row } = stretch;
    for (const word of all.within(stretch)) {
      const shade = shadeOf(word);
      if (shade > 0) words[shade - 1].push(new Range(row, word.start, row, word.end));
    }
    const { from, to, bits } = all.line(row);
    // Behind the last line end there is nothing.
    if (from === to) continue;
    const { end } = document.lineAt(row).range;
    const contentText = formatBits(bits);
    ends.push({ range: new Range(end, end), renderOptions: { after: { contentText } } });
  }
  return { words, ends };
}

async function openAsText(file: string): Promise<void> {
  try {
    // A tab in preview would be replaced, and what is measured lost, when another file is looked at meanwhile.
    await window.showTextDocument(Uri.file(file), { preview: false });
  } catch (error) {
    throw new KolmoError(
      `${basename(file)} holds no images, and no text to shade: ${(error as Error).message} In a terminal, kolmo surprisal measures any file.`,
    );
  }
}

const shows =
  (file: string) =>
  ({ document }: TextEditor): boolean =>
    document.uri.fsPath === Uri.file(file).fsPath;

function hoverText(
  word: WordCost,
  { from, to, bits }: Line,
  { contexts }: SurprisalMeasure,
): string {
  const rate = (word.bits / word.bytes).toFixed(2);
  const source =
    word.best === undefined
      ? 'Nothing predicted it.'
      : `Best predicted from: ${escapeMarkdown(contexts[word.best])}.`;
  return `${word.bits.toFixed(1)} bits for ${formatBytes(word.bytes)}: ${rate} bits a byte. ${source}\n\nThe line cost ${bits.toFixed(1)} bits for ${formatBytes(to - from)}.`;
}
