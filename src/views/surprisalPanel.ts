/** The heat maps of images: a panel with each sample beside what its pixels cost. */
import { basename } from 'node:path';
import { Uri, ViewColumn, window, type WebviewPanel } from 'vscode';
import type { SurprisalMeasure } from '../jobs/surprisal';
import type { FromSurprisalPanel, ToSurprisalPanel } from './panelMessages';
import { webviewOptions, webviewPage } from './webviewPage';

const surprisalPanelType = 'kolmo.surprisal';

/** Shows the samples of measured images; the panel of the same file or folder is reused. */
export function createSurprisalPanels(extension: Uri): (measure: SurprisalMeasure) => void {
  const panels = new Map<string, WebviewPanel>();
  return (measure) => {
    const { file } = measure;
    panels.get(file)?.dispose();
    const panel = window.createWebviewPanel(
      surprisalPanelType,
      `Surprisal: ${basename(file)}`,
      ViewColumn.Active,
      webviewOptions(extension),
    );
    panel.iconPath = Uri.joinPath(extension, 'media', 'kolmo.svg');
    panels.set(file, panel);
    panel.onDidDispose(() => {
      if (panels.get(file) === panel) panels.delete(file);
    });
    panel.webview.onDidReceiveMessage((wish: FromSurprisalPanel) => {
      switch (wish.type) {
        case 'ready':
          return panel.webview.postMessage(samplesOf(measure));
        default:
          return wish.type satisfies never;
      }
    });
    panel.webview.html = webviewPage(panel.webview, extension, {
      bundle: 'surprisal',
      title: basename(file),
      data: { kind: 'surprisal' },
    });
  };
}

/** Whole samples only: the measured part may end within one. */
function samplesOf({
  file,
  data,
  size,
  costs,
  partition,
  names,
}: SurprisalMeasure): ToSurprisalPanel {
  const { width, height, channels } = partition.image!;
  const header = partition.starts[1];
  const each = width * height * channels;
  const count = Math.floor((data.length - header) / each);
  const end = header + count * each;
  return {
    type: 'samples',
    file: basename(file),
    width,
    height,
    channels,
    total: Math.floor((size - header) / each),
    pixels: data.slice(header, end),
    costs: costs.slice(header, end),
    ...(names && { names }),
  };
}
