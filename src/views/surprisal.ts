/** Surprisal in the editor: each word shaded by the bits that it cost a predictor, each line with its sum at its end. */
import { basename } from 'node:path';
import {
  Uri,
  languages,
  window,
  workspace,
  type Disposable,
  type TextDocument,
  type TextEditor,
} from 'vscode';
import { KolmoError } from '../core/error';
import { holdsImages } from '../jobs/measurable';
import type { Jobs } from './jobs';
import { createSurprisalLooks, hoverAt } from './surprisalLooks';
import { createSurprisalPanels } from './surprisalPanel';
import { chooseRegion } from './surprisalRegions';
import { measureDocument, type ShownSurprisal } from './surprisalMeasure';

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
  const { shown, show, hide, disposables } = createShading();

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
    if (!inSight && shown(document)) return true;
    if (hide(document)) return false;
    const measured = await measureDocument(document, jobs);
    if (!measured) return false;
    show(document, measured);
    return true;
  }

  return {
    toggle,
    async listRegions() {
      const editor = window.activeTextEditor;
      const found = editor && shown(editor.document);
      if (found) await chooseRegion(editor, found.measure, found.words);
      else {
        void window.showInformationMessage(
          'No surprisal is shown here: run Kolmo: Show or Hide Surprisal first.',
        );
      }
    },
    disposables,
  };
}

interface Shading {
  /** What a document is shaded by, if it is. */
  shown(document: TextDocument): ShownSurprisal | undefined;
  show(document: TextDocument, measured: ShownSurprisal): void;
  /** Takes the shades away; false where there are none. */
  hide(document: TextDocument): boolean;
  disposables: Disposable[];
}

/** Keeps the shades of documents where their text is, until it changes. */
function createShading(): Shading {
  const { draw, tell, disposables } = createSurprisalLooks();
  const measures = new Map<TextDocument, ShownSurprisal>();
  /** What was shown before the text changed; taking the change back brings it again. */
  const outdated = new Map<TextDocument, ShownSurprisal>();
  const drawIn = (editor: TextEditor): void => draw(editor, measures.get(editor.document));

  function tellOfFront(): void {
    const front = window.activeTextEditor;
    tell(front && measures.get(front.document), front && outdated.has(front.document));
  }

  function redraw(document: TextDocument): void {
    for (const editor of window.visibleTextEditors)
      if (editor.document === document) drawIn(editor);
    tellOfFront();
  }

  function hide(document: TextDocument): boolean {
    const wasShown = measures.delete(document);
    if (wasShown) redraw(document);
    return wasShown;
  }

  function show(document: TextDocument, measured: ShownSurprisal): void {
    outdated.delete(document);
    measures.set(document, measured);
    redraw(document);
  }

  return {
    shown: (document) => measures.get(document),
    show,
    hide(document) {
      outdated.delete(document);
      return hide(document);
    },
    disposables: [
      ...disposables,
      window.onDidChangeActiveTextEditor(tellOfFront),
      window.onDidChangeTextEditorVisibleRanges(({ textEditor }) => {
        if (measures.has(textEditor.document)) drawIn(textEditor);
      }),
      window.onDidChangeVisibleTextEditors((editors) => {
        for (const editor of editors) if (measures.has(editor.document)) drawIn(editor);
      }),
      // What was measured is no longer what stands there.
      workspace.onDidChangeTextDocument(({ document, contentChanges, reason }) => {
        if (contentChanges.length === 0) return;
        const measured = measures.get(document);
        if (measured) {
          outdated.set(document, measured);
          hide(document);
          return;
        }
        const before = outdated.get(document);
        // Only where a change is undone or redone: no keystroke has the whole text read.
        if (before && reason !== undefined && document.getText() === before.text)
          show(document, before);
      }),
      workspace.onDidCloseTextDocument((document) => {
        measures.delete(document);
        outdated.delete(document);
      }),
      languages.registerHoverProvider(
        { scheme: 'file' },
        {
          provideHover(document, position) {
            const found = measures.get(document);
            return found && hoverAt(position, found);
          },
        },
      ),
    ],
  };
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
