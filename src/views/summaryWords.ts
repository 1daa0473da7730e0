/** The sizes of a model in words, for badges, tooltips, hovers and lenses. */
import { bitsPerParameter, type ModelSummary } from '../core/formats/summary';
import { formatCount } from '../core/count';
import { escapeMarkdown } from '../report/markdown';
import { formatBitsPerParameter, formatModelBytes, formatShape } from '../runs/units';

/** `266,610 parameters, 1,066,440 bytes, 32.0 bits a parameter`: all that a tooltip, lens or hover says in a line. */
export const sizeLine = (summary: ModelSummary): string =>
  summary.parameters === 0
    ? summaryLine(summary)
    : `${summaryLine(summary)}, ${formatBitsPerParameter(summary)}`;

/** `266,610 parameters, 1,066,440 bytes`, where there is little room. */
export const summaryLine = (summary: ModelSummary): string =>
  `${formatCount(summary.parameters)} parameters, ${formatModelBytes(summary)}`;

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
export function badge(summary: Pick<ModelSummary, 'bytes' | 'beside' | 'parameters'>): string {
  const bits = bitsPerParameter(summary);
  if (bits < 0.95) return `.${Math.max(1, Math.round(bits * 10))}`;
  return bits < 99.5 ? String(Math.round(bits)) : '>>';
}
