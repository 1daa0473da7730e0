/** The little Markdown that a report needs, safe for names that come from the user's files. */

export function table(heads: string[], rows: string[][]): string {
  if (rows.length === 0) return '';
  const line = (cells: string[]): string => `| ${cells.join(' | ')} |`;
  return [line(heads), line(heads.map(() => '---')), ...rows.map(line)].join('\n');
}

export function list(sentences: string[]): string {
  return sentences.map((sentence) => `- ${escapeText(sentence)}`).join('\n');
}

/** No name may end a cell of a table or start markup. */
export function escapeText(text: string): string {
  return text.replace(/[\\`*_{}[\]<>|#]/g, '\\$&').replace(/\s+/g, ' ');
}
