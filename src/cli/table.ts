/** Tables on a terminal: columns of equal width, numbers to the right; `–` and an empty cell are numbers that are missing. */
import type { Metrics } from '../core/train/model';
import { formatPercent, metricText } from '../runs/units';

/** Title and cells of the column of what was measured on the test split: errors of classes, else what there is. */
export function testColumn(measured: (Metrics | undefined)[]): [title: string, cells: string[]] {
  if (measured.every((metrics) => metrics === undefined || metrics.error !== undefined)) {
    const errors = measured.map((metrics) => (metrics ? formatPercent(metrics.error!) : ''));
    return ['test error', errors];
  }
  return ['test', measured.map(metricText)];
}

export function textTable(heads: string[], rows: string[][]): string {
  const all = [heads, ...rows];
  const widths = heads.map((_, column) =>
    all.reduce((width, row) => Math.max(width, row[column].length), 0),
  );
  const isNumber = heads.map((_, column) =>
    rows.every((row) => /^-?\d[\d.,]*(e[-+]\d+)?( ?[x%a-z]+)?$|^–?$/i.test(row[column])),
  );
  return all
    .map((row) =>
      row
        .map((cell, i) => (isNumber[i] ? cell.padStart(widths[i]) : cell.padEnd(widths[i])))
        .join('  ')
        .trimEnd(),
    )
    .map((line) => `${line}\n`)
    .join('');
}
