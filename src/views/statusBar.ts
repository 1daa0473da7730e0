/** The status bar item of the running job: how far it is, and a click to its panel. */
import { basename } from 'node:path';
import { StatusBarAlignment, window, type Disposable } from 'vscode';
import type { Jobs } from './jobs';

export function registerStatusBar(jobs: Jobs): Disposable[] {
  const item = window.createStatusBarItem('kolmo.job', StatusBarAlignment.Left, 10);
  item.name = 'Kolmo Job';
  return [
    item,
    jobs.onDidChange(({ folder, note }) => {
      const running = jobs.running();
      if (running.length === 0) {
        item.hide();
        return;
      }
      const shown = running.includes(folder) ? folder : running[0];
      const others = running.length > 1 ? ` (+${running.length - 1})` : '';
      item.text = `$(sync~spin) Kolmo${others}: ${note || basename(shown)}`;
      item.tooltip = `${basename(shown)}: open the run`;
      item.command = { command: 'kolmo.openRun', title: 'Open Run', arguments: [shown] };
      item.show();
    }),
  ];
}
