/** The little Markdown that reports and tooltips need, safe for names that come from the user's files. */

export function table(heads: string[], rows: string[][]): string {
  if (rows.length === 0) return '';
  const line = (cells: string[]): string => `| ${cells.join(' | ')} |`;
  return [line(heads), line(heads.map(() => '---')), ...rows.map(line)].join('\n');
}

export function list(sentences: string[]): string {
  return sentences.map((sentence) => `- ${escapeAroundCode(sentence)}`).join('\n');
}

/** What stands between backticks, as a command does, stays as it is: Markdown takes it for itself, backslashes too. */
function escapeAroundCode(sentence: string): string {
  const parts = sentence.replace(/\s+/g, ' ').split(/(`[^`]+`)/);
  return parts.map((part, i) => (i % 2 === 1 ? part : escapeMarkdown(part))).join('');
}

/** Nothing in a name may end a cell of a table, become an entity or start markup. */
export const escapeMarkdown = (text: string): string =>
  text.replace(/[\\`*_{}[\]<>|#~&]/g, '\\$&').replace(/\s+/g, ' ');
