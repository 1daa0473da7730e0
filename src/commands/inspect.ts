/** Kolmo: Inspect Model File opens the model editor on a file. */
import { Uri, commands, window } from 'vscode';
import { modelEditorType } from '../views/modelEditor';
import { targetPath, type House, type Target } from './house';

export async function inspect(_house: House, target: Target): Promise<string | undefined> {
  const file = targetPath(target) ?? (await askForModel());
  if (!file) return undefined;
  await commands.executeCommand('vscode.openWith', Uri.file(file), modelEditorType);
  return file;
}

async function askForModel(): Promise<string | undefined> {
  const chosen = await window.showOpenDialog({
    title: 'Model file to inspect',
    openLabel: 'Inspect',
  });
  return chosen?.[0]?.fsPath;
}
