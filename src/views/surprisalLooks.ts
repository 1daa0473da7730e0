/** How surprisal looks in an editor: words shaded, a sum at the end of each line, both in the status bar, and what a word cost under the mouse. */
import {
  Hover,
  MarkdownString,
  Range,
  StatusBarAlignment,
  ThemeColor,
  commands,
  window,
  type DecorationOptions,
  type Disposable,
  type Position,
  type TextEditor,
} from 'vscode';
import { shadeLimits, shadeOf, type WordCost } from '../core/program/costs/lines';
import { escapeMarkdown } from '../report/markdown';
import type { SurprisalMeasure } from '../jobs/surprisal';
import { formatBits, formatBytes } from '../runs/units';
import type { ShownSurprisal } from './surprisalMeasure';
import { shadedStretches, type Line } from './surprisalWords';

export interface SurprisalLooks {
  disposables: Disposable[];
  /** Shades what is in sight of an editor; without anything to show it takes the shades away. */
  draw(editor: TextEditor, found: ShownSurprisal | undefined): void;
  /**
   * Says in the status bar, and to the conditions of commands, what is shown of the document in front.
   * @param outdated nothing is, since the text has changed after it was measured
   */
  tell(found: ShownSurprisal | undefined, outdated?: boolean): void;
}

export function createSurprisalLooks(): SurprisalLooks {
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
  return {
    disposables: [...shades, sums, status],
    draw(editor, found) {
      const { words, ends } = found ? decorationsOf(editor, found) : bare;
      shades.forEach((shade, i) => editor.setDecorations(shade, words[i]));
      editor.setDecorations(sums, ends);
    },
    tell(found, outdated = false) {
      void commands.executeCommand('setContext', 'kolmo.surprisalShown', found !== undefined);
      if (!found) {
        status.text = '$(flame) text changed';
        status.tooltip =
          'The text has changed since its surprisal was measured: save it, then measure it again. Undo brings the shades back.';
        status.command = 'kolmo.surprisal';
        if (outdated) status.show();
        else status.hide();
        return;
      }
      status.command = 'kolmo.surprisalRegions';
      const { bits } = found;
      const { data, size } = found.measure;
      const part = data.length < size ? `, of its first ${formatBytes(data.length)}` : '';
      status.text = `$(flame) ${(bits / Math.max(1, data.length)).toFixed(2)} bits a byte`;
      status.tooltip = `${formatBytes(Math.ceil(bits / 8))} of surprise in ${formatBytes(data.length)}${part}: list the dearest and the cheapest regions`;
      status.show();
    },
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

/** What is said of the word at a place, if anything is known of it. */
export function hoverAt(
  { line: row, character }: Position,
  { measure, words }: ShownSurprisal,
): Hover | undefined {
  if (row >= measure.partition.starts.length) return undefined;
  const [word] = words.within({ row, start: character, end: character + 1 });
  if (!word) return undefined;
  const text = hoverText(word, words.line(row), measure);
  return new Hover(new MarkdownString(text), new Range(row, word.start, row, word.end));
}

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
