/** The HTML that carries a webview bundle: a strict content policy, theme-aware styles, no inline script. */
import { randomBytes } from 'node:crypto';
import { Uri, type Webview, type WebviewOptions } from 'vscode';
import { escapeHtml } from './escape';

export interface WebviewPage {
  /** The bundle of that name in dist/webview. */
  bundle: 'panel' | 'model' | 'sweep' | 'compare' | 'diff' | 'surprisal';
  title: string;
  /** Attributes of the body, for the script and for tests. */
  data: Record<string, string>;
}

/** Only the bundles may be loaded, and only from the extension's own folder; pictures from the folders given as well. */
export const webviewOptions = (extension: Uri, pictures: Uri[] = []): WebviewOptions => ({
  enableScripts: true,
  localResourceRoots: [Uri.joinPath(extension, 'dist', 'webview'), ...pictures],
});

export function webviewPage(webview: Webview, extension: Uri, page: WebviewPage): string {
  const nonce = randomBytes(16).toString('base64url');
  const asset = (file: string): string =>
    webview.asWebviewUri(Uri.joinPath(extension, 'dist', 'webview', file)).toString();
  // mermaid measures its labels with the <style> that it writes, so styles (not scripts) may be inline;
  // 'strict-dynamic' lets the trusted bundle load its own chunks and nothing else.
  const policy = [
    `default-src 'none'`,
    `script-src 'nonce-${nonce}' 'strict-dynamic'`,
    `style-src ${webview.cspSource} 'unsafe-inline'`,
    `font-src ${webview.cspSource}`,
    `img-src ${webview.cspSource} data:`,
  ].join('; ');
  const data = Object.entries(page.data)
    .map(([name, value]) => ` data-${name}="${escapeHtml(value)}"`)
    .join('');
  return `<!DOCTYPE html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta http-equiv="Content-Security-Policy" content="${escapeHtml(policy)}">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>${escapeHtml(page.title)}</title>
  <link rel="stylesheet" id="vscode-codicon-stylesheet" href="${escapeHtml(asset('codicon.css'))}">
  <link rel="stylesheet" href="${escapeHtml(asset(`${page.bundle}.css`))}">
</head>
<body${data}>
  <script type="module" nonce="${nonce}" src="${escapeHtml(asset(`${page.bundle}.js`))}"></script>
</body>
</html>`;
}
