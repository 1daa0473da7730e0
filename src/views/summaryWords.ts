/** The sizes of a model in words, for badges, tooltips, hovers and lenses. */
import type { ModelSummary } from '../core/formats/summary';
import { formatCount } from '../core/count';
import { escapeMarkdown } from '../report/markdown';
import { formatBytes, formatShape } from '../runs/units';

/** `266,610 parameters, 1,066,440 bytes`: one line for a tooltip or a lens. */
export const summaryLine = (summary: ModelSummary): string =>
  `${formatCount(summary.parameters)} parameters, ${formatBytes(summary.bytes)}`;

/** Bits that the file spends on each parameter. */
export const bitsPerWeight = (summary: ModelSummary): string =>
  `${((summary.bytes * 8) / Math.max(1, summary.parameters)).toPrecision(3)} bits a parameter`;

/** The biggest tensors as rows of a Markdown table. */
export function biggestTensors(summary: ModelSummary, count = 8): string {
  const biggest = [...summary.tensors].sort((a, b) => b.bytes - a.bytes).slice(0, count);
  const rows = biggest.map(
    ({ name, dtype, shape, bytes }) =>
      `| ${escapeMarkdown(name)} | ${escapeMarkdown(dtype)} | ${formatShape(shape)} | ${formatCount(bytes)} |`,
  );
  const more = summary.tensors.length - biggest.length;
  return [
    '| tensor | type | shape | bytes |',
    '|---|---|---|--:|',
    ...rows,
    ...(more > 0 ? ['', `and ${formatCount(more)} more`] : []),
  ].join('\n');
}

/** Bits that the file spends on each parameter, which tell in VS Code's two characters how far a model is compressed: `32`, `8`, `.8`. */
export function badge({ bytes, parameters }: { bytes: number; parameters: number }): string {
  const bits = (bytes * 8) / Math.max(1, parameters);
  if (bits < 0.95) return `.${Math.max(1, Math.round(bits * 10))}`;
  return bits < 99.5 ? String(Math.round(bits)) : '>>';
}
