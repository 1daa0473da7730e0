/** The dearest and the cheapest regions of a shaded file as a list that shows each where it stands. */
import {
  QuickPickItemKind,
  Range,
  Selection,
  TextEditorRevealType,
  window,
  type QuickPickItem,
  type TextEditor,
} from 'vscode';
import { formatCount } from '../core/count';
import { extremes, type Region } from '../core/program/costs/ranges';
import type { SurprisalMeasure } from '../jobs/surprisal';
import { formatBytes } from '../runs/units';
import type { SurprisalWords } from './surprisalWords';

const listed = 12;

interface RegionItem extends QuickPickItem {
  range?: Range;
}

/** What is highlighted in the list is shown in the editor; backing out returns to where the cursor was. */
export async function chooseRegion(
  editor: TextEditor,
  measure: SurprisalMeasure,
  words: SurprisalWords,
): Promise<void> {
  const { document, selection, visibleRanges } = editor;
  const { data, costs, partition } = measure;
  const { dearest, cheapest } = extremes(data, costs, partition, listed);
  /** Without the line end that a region of whole lines ends with. */
  const rangeOf = ({ from, to, last }: Region): Range => {
    const [start, end] = [words.placeOf(from), words.placeOf(to)];
    const position = end.line > last ? document.lineAt(last).range.end : end;
    return new Range(start.line, start.character, position.line, position.character);
  };
  const item = (region: Region): RegionItem => {
    const { from, to, bits } = region;
    const range = rangeOf(region);
    const { line, character } = range.start;
    return {
      label: `${(bits / (to - from)).toFixed(2)} bits a byte`,
      description: `${placeText(region, range)}, ${formatBytes(to - from)}`,
      detail: document.lineAt(line).text.slice(character, character + 120),
      range,
    };
  };
  const placeText = ({ first, last }: Region, { start, end }: Range): string => {
    if (first !== last) return `Lines ${first + 1} to ${last + 1}`;
    const isWhole = start.character === 0 && end.isEqual(document.lineAt(last).range.end);
    if (isWhole) return `Line ${first + 1}`;
    return `Line ${first + 1}, columns ${formatCount(start.character + 1)} to ${formatCount(end.character)}`;
  };
  const title = (label: string): RegionItem => ({ label, kind: QuickPickItemKind.Separator });
  const reveal = (range: Range): void => {
    editor.selection = new Selection(range.start, range.end);
    // The list covers the upper half of the editor.
    editor.revealRange(range, TextEditorRevealType.InCenter);
  };
  const chosen = await window.showQuickPick<RegionItem>(
    [
      title('Dearest: accident'),
      ...dearest.map(item),
      title('Cheapest: law'),
      ...cheapest.map(item),
    ],
    {
      placeHolder: 'Region to go to',
      onDidSelectItem: (highlighted: RegionItem) => {
        if (highlighted.range) reveal(highlighted.range);
      },
    },
  );
  if (chosen?.range) {
    reveal(chosen.range);
    await window.showTextDocument(document, { viewColumn: editor.viewColumn });
    return;
  }
  editor.selection = selection;
  editor.revealRange(visibleRanges[0], TextEditorRevealType.AtTop);
}
