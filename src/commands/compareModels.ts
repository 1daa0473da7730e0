/** Kolmo: Compare Model Files holds two model files against each other: two that are selected, or one and another that is chosen. */
import { basename, dirname } from 'node:path';
import { TabInputCustom, Uri, window, workspace } from 'vscode';
import { factsOf, modelsBeside } from '../core/formats/beside';
import { extensions } from '../core/formats/formats';
import { formatShortBytes } from '../runs/units';
import { modelEditorType } from '../views/modelEditor';
import { findModelFiles } from '../views/modelFiles';
import { targetPath, type House, type Target } from './house';

/** Files that a test, or a selection in the Explorer, gives beforehand. */
export interface CompareModelsAnswers {
  files?: string[];
}

/** @returns the two files, the one that the other is measured against first, or undefined when the user backed out */
export async function compareModels(
  house: House,
  target: Target,
  { files = [] }: CompareModelsAnswers = {},
): Promise<string[] | undefined> {
  if (files.length > 2) {
    void window.showErrorMessage(
      `${files.length} files are selected, and two can be compared: select two of them.`,
    );
    return undefined;
  }
  const first =
    files[0] ??
    targetPath(target) ??
    modelInFront() ??
    (await chooseModel('Model file to compare'));
  if (!first) return undefined;
  const second =
    files[1] ?? (await chooseModel(`Model file to compare ${basename(first)} with`, first));
  if (!second) return undefined;
  // The larger one is the original nearly always; the panel swaps them on a click.
  const [one, other] = await Promise.all([house.modelBytes(first), house.modelBytes(second)]);
  const [a, b] = one >= other ? [first, second] : [second, first];
  house.compareModels(a, b);
  return [a, b];
}

function modelInFront(): string | undefined {
  const input = window.tabGroups.activeTabGroup.activeTab?.input;
  return input instanceof TabInputCustom && input.viewType === modelEditorType
    ? input.uri.fsPath
    : undefined;
}

/** Offers the model files of the workspace, those that are likely to be of the same model first. */
async function chooseModel(placeHolder: string, other?: string): Promise<string | undefined> {
  const paths = new Set((await findModelFiles(extensions())).map(({ fsPath }) => fsPath));
  // Of a run, too, whose files are not searched for.
  if (other) for (const path of await modelsBeside(other)) paths.add(path);
  const found = await Promise.all([...paths].filter((path) => path !== other).map(factsOf));
  const files = found.flatMap((file) => file ?? []);
  const likeness = (path: string): number =>
    other === undefined
      ? 0
      : (dirname(path) === dirname(other) ? 1000 : 0) +
        sharedStart(basename(path), basename(other));
  files.sort((a, b) => likeness(b.path) - likeness(a.path) || b.changed - a.changed);
  const another = { label: '$(folder-opened) Choose Another File…', path: undefined };
  const chosen = await window.showQuickPick(
    [
      ...files.map(({ path, bytes }) => ({
        label: basename(path),
        description: [folderOf(path), formatShortBytes(bytes)].filter(Boolean).join(', '),
        path,
      })),
      another,
    ],
    { placeHolder, matchOnDescription: true },
  );
  if (chosen !== another) return chosen?.path;
  const opened = await window.showOpenDialog({
    title: placeHolder,
    openLabel: 'Compare',
    ...(other && { defaultUri: Uri.file(dirname(other)) }),
  });
  return opened?.[0]?.fsPath;
}

/** Seen from the workspace; empty of a file right in it. */
const folderOf = (path: string): string =>
  workspace.asRelativePath(path).slice(0, -basename(path).length - 1);

function sharedStart(one: string, other: string): number {
  let length = 0;
  while (length < one.length && one[length] === other[length]) length++;
  return length;
}
