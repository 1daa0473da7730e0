/** Measures the document of an editor, or says why it cannot be shaded as it is. */
import { basename } from 'node:path';
import { window, workspace, type TextDocument } from 'vscode';
import { linesOf, sumOf } from '../core/program/costs/ranges';
import type { SurprisalMeasure } from '../jobs/surprisal';
import { formatBytes } from '../runs/units';
import { followedEncoding } from './documentEncoding';
import type { Jobs } from './jobs';
import { createSurprisalWords, type SurprisalWords } from './surprisalWords';

/** From so many bytes on it is asked whether the beginning is enough. */
const largeFile = 4_000_000;

/** What is shown of a document. */
export interface ShownSurprisal {
  measure: SurprisalMeasure;
  words: SurprisalWords;
  /** Bits of all that was measured. */
  bits: number;
  /** The document as it was. */
  text: string;
}

/** Undefined where the user was told why nothing is shown, or gave it up. */
export async function measureDocument(
  document: TextDocument,
  jobs: Jobs,
): Promise<ShownSurprisal | undefined> {
  const name = basename(document.fileName);
  if (document.isDirty) {
    void window.showInformationMessage(
      `Save ${name} first: surprisal is measured on the file on disk.`,
    );
    return undefined;
  }
  const encoding = followedEncoding(document.encoding);
  if (!encoding) {
    void window.showInformationMessage(
      `${name} is open in ${document.encoding}, whose bytes Kolmo cannot lay over characters: save it as UTF-8 (Change File Encoding), then run the command again.`,
    );
    return undefined;
  }
  const { size } = await workspace.fs.stat(document.uri);
  if (size === 0) {
    void window.showInformationMessage(
      `${name} is empty: there is nothing in it whose surprisal could be measured.`,
    );
    return undefined;
  }
  const limit = size > largeFile ? await askForLimit(name, size) : size;
  if (limit === undefined) return undefined;
  const { version } = document;
  const measured = await jobs.measure(`Measuring the surprisal of ${name}`, {
    type: 'surprisal',
    file: document.fileName,
    limit,
  });
  if (!measured || document.isClosed) return undefined;
  if (document.version !== version) {
    void window.showInformationMessage(
      `${name} was changed while its surprisal was measured: save it, then run the command again.`,
    );
    return undefined;
  }
  // An editor has lines, whatever the file was taken for.
  const measure = { ...measured, partition: linesOf(measured.data, encoding) };
  return {
    measure,
    words: createSurprisalWords(measure),
    bits: sumOf(measure.costs, 0, measure.costs.length),
    text: document.getText(),
  };
}

async function askForLimit(name: string, size: number): Promise<number | undefined> {
  const choice = await window.showQuickPick(
    [
      { label: `The first ${formatBytes(largeFile)}`, limit: largeFile },
      { label: 'The whole file', limit: size, detail: 'It can be cancelled at any time.' },
    ],
    { placeHolder: `${name} has ${formatBytes(size)}: how much of it to measure` },
  );
  return choice?.limit;
}
