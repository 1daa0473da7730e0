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
import { extremes, type Region } from '../core/program/ranges';
import type { SurprisalMeasure } from '../jobs/surprisal';
import { formatBytes } from '../runs/units';

const listed = 12;

interface RegionItem extends QuickPickItem {
  region?: Region;
}

/** What is highlighted in the list is shown in the editor; backing out returns to where the cursor was. */
export async function chooseRegion(editor: TextEditor, measure: SurprisalMeasure): Promise<void> {
  const { document, selection, visibleRanges } = editor;
  const { dearest, cheapest } = extremes(measure.costs, measure.partition, listed);
  const item = (region: Region): RegionItem => {
    const { first, last, from, to, bits } = region;
    const lines = first === last ? `Line ${first + 1}` : `Lines ${first + 1} to ${last + 1}`;
    return {
      label: `${(bits / (to - from)).toFixed(2)} bits a byte`,
      description: `${lines}, ${formatBytes(to - from)}`,
      detail: document.lineAt(Math.min(first, document.lineCount - 1)).text.slice(0, 120),
      region,
    };
  };
  const title = (label: string): RegionItem => ({ label, kind: QuickPickItemKind.Separator });
  const reveal = ({ first, last }: Region): void => {
    const end = document.lineAt(Math.min(last, document.lineCount - 1)).range.end;
    const range = new Range(first, 0, end.line, end.character);
    editor.selection = new Selection(range.start, range.end);
    editor.revealRange(range, TextEditorRevealType.InCenterIfOutsideViewport);
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
        if (highlighted.region) reveal(highlighted.region);
      },
    },
  );
  if (chosen?.region) {
    reveal(chosen.region);
    await window.showTextDocument(document, { viewColumn: editor.viewColumn });
    return;
  }
  editor.selection = selection;
  editor.revealRange(visibleRanges[0], TextEditorRevealType.AtTop);
}
